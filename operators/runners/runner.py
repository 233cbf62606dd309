# Runs the function of a py> task: runner.py COMMAND INPUT OUTPUT
#
# Most tasks take less time than loading Python's own modules, so nothing is
# imported before it is needed: no json, no inspect, no traceback.

import os
import sys


class Env(object):
    """What a task sees as digdag.env."""

    def __init__(self, params):
        self.params = params
        self.subtask_config = {}
        self.export_params = {}
        self.store_params = {}
        self.state_params = {}
        self.subtask_index = 0
        self._origins = {}

    def set_state(self, params={}, **kwds):
        self.state_params.update(params, **kwds)

    def export(self, params={}, **kwds):
        self._update("export", self.export_params, params, kwds)

    def store(self, params={}, **kwds):
        self._update("store", self.store_params, params, kwds)

    def _update(self, name, target, params, kwds):
        values = dict(params, **kwds)
        target.update(values)
        caller = sys._getframe(2)
        for key in values:
            self._origins[name, key] = (caller.f_code.co_filename, caller.f_lineno, caller.f_code.co_name)

    def add_subtask(self, function=None, **params):
        if isinstance(function, dict):
            config = dict(function, **params)
        else:
            config = params
            if function is not None:
                config["py>"] = ".".join([function.__module__, function.__qualname__])
        import json

        try:
            json.dumps(config, allow_nan=False)
        except Exception as error:
            raise TypeError("Parameters must be serializable using JSON: %s" % error) from None
        self.subtask_config["+subtask" + str(self.subtask_index)] = config
        self.subtask_index += 1


def read_params(path):
    with open(path, encoding="utf-8") as f:
        text = f.read()
    try:
        # The scanner of the json package, without the package.
        from _json import make_scanner

        class Settings(object):
            strict = False
            object_hook = object_pairs_hook = parse_constant = None
            parse_float = float
            parse_int = int

        return make_scanner(Settings)(text, 0)[0]["params"]
    except Exception:
        import json

        return json.loads(text)["params"]


def resolve(command):
    """Returns a class and the name of its method, or None and a function."""
    names = command.split(".")
    if len(names) < 2:
        raise ValueError("'%s' names no module: expected module.function or module.Class.method" % command)
    for n in range(len(names) - 1, 0, -1):
        name = ".".join(names[:n])
        try:
            __import__(name)
        except ModuleNotFoundError as error:
            # An import that fails inside of the module is the user's to see.
            if n > 1 and error.name and (name + ".").startswith(error.name + "."):
                continue
            raise
        return look_up(sys.modules[name], name, names[n:])


def look_up(module, module_name, names):
    owner = None
    found = module
    for name in names:
        if isinstance(found, type) and name == names[-1] and not isinstance(getattr(found, name, None), type):
            return found, name
        owner = found
        try:
            found = getattr(owner, name)
        except AttributeError:
            if owner is module:
                raise AttributeError("Module '%s' has no attribute '%s'" % (module_name, name)) from None
            raise
    if isinstance(found, type):
        return found, "run"
    return None, found


def bind(function, params, unbound=False):
    """Returns the arguments of a function by the names of its parameters."""
    target = function
    skip = 1 if unbound else 0
    if type(function).__name__ == "method":
        target, skip = function.__func__, 1
    code = getattr(target, "__code__", None)
    if code is None:
        if hasattr(getattr(type(function), "__call__", None), "__code__"):
            return bind(function.__call__, params)
        return bind_slowly(function, params, skip)
    count, kwonly = code.co_argcount, code.co_kwonlyargcount
    defaults = target.__defaults__ or ()
    names = code.co_varnames[:count]
    return arguments(
        function,
        params,
        names[skip:],
        max(0, code.co_posonlyargcount - skip),
        names[count - len(defaults):] if defaults else (),
        code.co_varnames[count:count + kwonly],
        target.__kwdefaults__ or {},
        code.co_flags & 0x08,
    )


def bind_slowly(function, params, skip):
    import inspect

    try:
        spec = inspect.getfullargspec(function)
    except TypeError:
        return [], {}
    names, defaults = spec.args[skip:], spec.defaults or ()
    optional = spec.args[len(spec.args) - len(defaults):] if defaults else ()
    return arguments(function, params, names, 0, optional, spec.kwonlyargs, spec.kwonlydefaults or {}, spec.varkw)


def arguments(function, params, names, positional_only, optional, keyword_only, keyword_defaults, takes_all):
    positional, keywords = [], {}
    for n, name in enumerate(list(names) + list(keyword_only)):
        if name in params:
            if n < positional_only:
                positional.append(params[name])
            else:
                keywords[name] = params[name]
        elif name not in optional and name not in keyword_defaults:
            title = getattr(function, "__qualname__", None) or getattr(function, "__name__", str(function))
            raise TypeError("Method '%s' requires parameter '%s' but not set" % (title, name))
    if takes_all:
        keywords = {k: v for k, v in params.items() if k not in names[:positional_only]}
    return positional, keywords


def call(function, arguments):
    positional, keywords = arguments
    function(*positional, **keywords)


def run(command, params):
    owner, target = resolve(command)
    if owner is None:
        return call(target, bind(target, params))
    if owner.__init__ is object.__init__:
        instance = owner()
    else:
        positional, keywords = bind(owner.__init__, params, unbound=True)
        instance = owner(*positional, **keywords)
    method = getattr(instance, target)
    call(method, bind(method, params))


def describe(error):
    if isinstance(error, SystemExit):
        if isinstance(error.code, int):
            message = (
                "Failed to call python command with code:%d Possible cause: Invalid python module call,"
                " duplicate module name with standard library" % error.code
            )
        else:
            message = "sys.exit(%s) was called" % ("" if error.code is None else repr(error.code))
    else:
        message = str(error)
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    import traceback

    ours = '  File "%s"' % __file__
    lines = [line for line in traceback.format_exception(type(error), error, trace) if not line.startswith(ours)]
    # Without frames of the task's own there is no header, which readers look for.
    if trace is None:
        lines.insert(0, "Traceback (most recent call last):\n")
    return {"class": type(error).__name__, "message": message, "backtrace": lines}


def encode(env):
    """Returns what the task gave back as JSON, or the error that it is none."""
    sections = {"subtask_config": env.subtask_config, "export_params": env.export_params, "store_params": env.store_params}
    if not any(sections.values()):
        return "{}", None
    import json

    try:
        return json.dumps(sections, allow_nan=False), None
    except Exception:
        pass
    for section, verb in (("export_params", "export"), ("store_params", "store"), ("subtask_config", "add_subtask")):
        for key, value in sections[section].items():
            try:
                json.dumps({key: value}, allow_nan=False)
            except Exception as error:
                origin = env._origins.get((verb, key))
                return None, {
                    "class": type(error).__name__,
                    "message": "The value of '%s' given to digdag.env.%s is no JSON: %s" % (key, verb, error),
                    "backtrace": ['  File "%s", line %d, in %s\n' % origin] if origin else [],
                }
    return None, {"class": "TypeError", "message": "What the task gave back is no JSON", "backtrace": []}


def install(params):
    """Makes "import digdag" work."""
    env = Env(params)
    module = type(sys)
    digdag = sys.modules["digdag"] = module("digdag")
    digdag.env = env
    raw = sys.modules["digdag_env"] = module("digdag_env")
    raw.params, raw.subtask_config, raw.state_params = params, env.subtask_config, env.state_params
    raw.export_params, raw.store_params = env.export_params, env.store_params
    return env


def main():
    command, in_file, out_file = sys.argv[1:4]
    params = read_params(in_file)
    env = install(params)

    here = os.path.dirname(os.path.abspath(__file__))
    if sys.path and os.path.abspath(sys.path[0]) == here:
        # A module of the user's may be called "runner".
        del sys.path[0]
    sys.path.append(os.path.abspath(os.getcwd()))
    sys.stdout.reconfigure(line_buffering=True)

    error = None
    try:
        run(command, params)
    except BaseException as e:
        error = describe(e)
    if error is None:
        text, error = encode(env)
    if error is not None:
        import json

        text = json.dumps({"error": error})
    with open(out_file, "w", encoding="utf-8") as f:
        f.write(text)
    if error is not None:
        sys.stderr.write("".join(error["backtrace"]) or error["message"] + "\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
elif __name__ == "__mp_main__":
    # A process that multiprocessing has started loads this file again.
    install(read_params(sys.argv[2]))
