# What only some py> tasks need of their runner. It runs with the names of
# runner.py that it uses.

import json
import sys

# LONGEST bounds texts, and MOST the lines of a backtrace, that are handed back.
LONGEST = 16000
MOST = 200


def add_subtask(env, function, params):
    if isinstance(function, dict):
        config = dict(function, **params)
    else:
        config = params
        if function is not None:
            config["py>"] = ".".join([function.__module__, function.__qualname__])
    problem = None
    try:
        json.dumps(config, allow_nan=False)
    except Exception as error:
        problem = "Parameters must be serializable using JSON: %s" % error
    if problem:
        raise TypeError(problem)
    env.subtask_config["+subtask" + str(env.subtask_index)] = config
    env.subtask_index += 1


def bind(function, params, skip):
    import inspect

    try:
        spec = inspect.getfullargspec(function)
    except TypeError:
        return [], {}
    names, defaults = spec.args[skip:], spec.defaults or ()
    optional = spec.args[len(spec.args) - len(defaults):] if defaults else ()
    return arguments(function, params, names, 0, optional, spec.kwonlyargs, spec.kwonlydefaults or {}, spec.varkw)


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
        try:
            message = str(error)
        except Exception:
            message = "<an exception without a text>"
    return {"class": type(error).__name__, "message": message, "backtrace": backtrace(error)}


def backtrace(error):
    import traceback

    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename in OURS:
        trace = trace.tb_next
    try:
        lines = traceback.format_exception(type(error), error, trace)
    except Exception:
        lines = ["Traceback (most recent call last):\n"] + traceback.format_tb(trace)
    ours = tuple('  File "%s"' % name for name in OURS)
    lines = [line for line in lines if not line.startswith(ours)]
    # Without frames of the task's own there is no header, which readers look for.
    if trace is None:
        lines.insert(0, "Traceback (most recent call last):\n")
    return lines


def encode(sections, origins):
    """Returns JSON, or the error that says which value is none."""
    try:
        return json.dumps(sections, allow_nan=False), None
    except Exception:
        pass
    for section, verb in (("export_params", "export"), ("store_params", "store"), ("subtask_config", "add_subtask")):
        for key, value in sections.get(section, {}).items():
            try:
                json.dumps({key: value}, allow_nan=False)
            except Exception as error:
                origin = origins.get((verb, key))
                return None, {
                    "class": type(error).__name__,
                    "message": "The value of '%s' given to digdag.env.%s is no JSON: %s" % (key, verb, error),
                    "backtrace": ['  File "%s", line %d, in %s\n' % origin] if origin else [],
                }
    return None, {"class": "TypeError", "message": "What the task gave back is no JSON", "backtrace": []}


def told(error):
    """Says an error in the log, and returns it as JSON."""
    error["message"] = cut(error["message"])
    lines = [cut(line) for line in error["backtrace"]]
    if len(lines) > MOST:
        lines[MOST // 2:-(MOST // 2)] = ["  ... (%d lines) ...\n" % (len(lines) - MOST)]
    error["backtrace"] = lines
    try:
        sys.stderr.write("".join(lines) or error["message"] + "\n")
        sys.stderr.flush()
    except Exception:
        # The task has closed it.
        pass
    return json.dumps({"error": error})


def cut(text):
    if len(text) <= LONGEST:
        return text
    half = LONGEST // 2
    return "%s ... (%d characters) ... %s" % (text[:half], len(text) - LONGEST, text[-half:])
