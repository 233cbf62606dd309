# Runs the function of a py> task: runner.py COMMAND INPUT OUTPUT
#
# Most tasks take less time than it takes Python to load a few modules, or to
# compile a long file. So this file is short, it imports nothing but what Python
# has imported itself, and what only some tasks need stands in rest.py. The
# syntax is that of every Python, so that an old one can say that it is too old.

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


class Env(object):
    """What a task sees as digdag.env."""

    def __init__(self, raw):
        self.params = raw.params
        self.subtask_config = raw.subtask_config
        self.export_params = raw.export_params
        self.store_params = raw.store_params
        self.state_params = raw.state_params
        self.subtask_index = 0
        self._origins = {}

    def set_state(self, params={}, **kwds):
        self.state_params.update(params, **kwds)

    def export(self, params={}, **kwds):
        self._update("export", self.export_params, params, kwds)

    def store(self, params={}, **kwds):
        self._update("store", self.store_params, params, kwds)

    def _update(self, name, target, params, kwds):
        values = dict(params)
        values.update(kwds)
        target.update(values)
        caller = sys._getframe(2)
        for key in values:
            self._origins[name, key] = (caller.f_code.co_filename, caller.f_lineno, caller.f_code.co_name)

    def add_subtask(self, function=None, **params):
        rest()["add_subtask"](self, function, params)


def rest():
    """Returns what stands in rest.py."""
    path = os.path.join(HERE, "rest.py")
    with open(path) as f:
        code = compile(f.read(), path, "exec")
    names = {"OURS": (__file__, path), "arguments": arguments}
    exec(code, names)
    return names


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
        except ImportError as error:
            # An import that fails inside of the module is the user's to see.
            if n > 1 and isinstance(error, ModuleNotFoundError) and error.name and (name + ".").startswith(error.name + "."):
                continue
            raise
        return look_up(sys.modules[name], name, names[n:])


def look_up(module, module_name, names):
    found = module
    for name in names:
        if isinstance(found, type) and name == names[-1] and not isinstance(getattr(found, name, None), type):
            return found, name
        owner = found
        found = getattr(owner, name, owner)
        if found is owner:
            if owner is module and not hasattr(module, name):
                raise AttributeError("Module '%s' has no attribute '%s'" % (module_name, name))
            found = getattr(owner, name)
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
        return rest()["bind"](function, params, skip)
    count, kwonly = code.co_argcount, code.co_kwonlyargcount
    defaults = target.__defaults__ or ()
    names = code.co_varnames[:count]
    return arguments(
        function,
        params,
        names[skip:],
        max(0, getattr(code, "co_posonlyargcount", 0) - skip),
        names[count - len(defaults):] if defaults else (),
        code.co_varnames[count:count + kwonly],
        target.__kwdefaults__ or {},
        code.co_flags & 0x08,
    )


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


def run(command, params):
    owner, target = resolve(command)
    if owner is not None:
        positional, keywords = [], {}
        if owner.__init__ is not object.__init__:
            positional, keywords = bind(owner.__init__, params, True)
        target = getattr(owner(*positional, **keywords), target)
    positional, keywords = bind(target, params)
    target(*positional, **keywords)


def install(params):
    """Makes "import digdag" work."""
    module = type(sys)
    digdag = sys.modules["digdag"] = module("digdag")
    raw = sys.modules["digdag_env"] = module("digdag_env")
    raw.params = params
    raw.subtask_config, raw.export_params, raw.store_params, raw.state_params = {}, {}, {}, {}
    digdag.env = Env(raw)
    return digdag.env, raw


def encode(env, raw):
    """Returns what the task gave back as JSON, and the error if it is none."""
    sections = {}
    for name in ("subtask_config", "export_params", "store_params"):
        if getattr(raw, name):
            sections[name] = getattr(raw, name)
    if not sections:
        return "{}", None
    try:
        # The encoder of the json package, without the package.
        from _json import encode_basestring_ascii, make_encoder

        return "".join(make_encoder({}, None, encode_basestring_ascii, None, ":", ",", False, False, False)(sections, 0)), None
    except Exception:
        return rest()["encode"](sections, env._origins)


def main():
    command, in_file, out_file = sys.argv[1:4]
    # The task may change its folder.
    out_file = os.path.abspath(out_file)
    params = read_params(in_file)
    env, raw = install(params)

    if sys.path and os.path.abspath(sys.path[0]) == HERE:
        # A module of the user's may be called "runner".
        del sys.path[0]
    sys.path.append(os.path.abspath(os.getcwd()))
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(line_buffering=True)

    error = None
    try:
        run(command, params)
        text, error = encode(env, raw)
    except BaseException as e:
        error = rest()["describe"](e)
    if error is not None:
        text = rest()["told"](error)
    with open(out_file, "w", encoding="utf-8") as f:
        f.write(text)
    if error is not None:
        sys.exit(1)


if sys.version_info < (3, 6):
    text = "Python 3.8 or newer is needed, but this is Python %s. Name another one with python:" % sys.version.split()[0]
    with open(sys.argv[3], "w") as f:
        f.write('{"error": {"message": "%s"}}' % text)
    sys.exit(text)
if __name__ == "__main__":
    main()
elif __name__ == "__mp_main__":
    # A process that multiprocessing has started loads this file again.
    install(read_params(sys.argv[2]))
