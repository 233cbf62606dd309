import datetime
import os
import shutil
import signal
import sys

import digdag


def a_loop():
    loop = {}
    loop["self"] = loop
    digdag.env.store({"fine": 1, "loop": loop})


def a_date():
    digdag.env.store(day=datetime.date(2024, 1, 2))


def some_bytes():
    digdag.env.export({"raw": b"x"})


def a_tuple_key():
    digdag.env.store({"o": {(1, 2): "a"}})


def infinite():
    digdag.env.store({"a": {"deep": [1, float("-inf")]}})


def too_deep():
    deep = {}
    for _ in range(100000):
        deep = {"a": deep}
    digdag.env.store(deep=deep)


def odd_keys():
    digdag.env.store({1: "a", 2.5: "b", None: "c", True: "d"})


def replaced():
    import digdag_env

    digdag_env.store_params = {"raw": 1}


def moves():
    os.chdir("/")
    digdag.env.store(a=1)


def deletes():
    shutil.rmtree(".digdag")


def writes_garbage():
    with open(sys.argv[3], "w") as f:
        f.write("{garbage")


def leaves_garbage():
    writes_garbage()
    os._exit(0)


def closes():
    os.close(1)
    os.close(2)
    raise ValueError("boom")


def closes_files():
    sys.stdout.close()
    sys.stderr.close()
    raise ValueError("boom")


class Silent(Exception):
    def __str__(self):
        raise ValueError("no text")


def silent():
    raise Silent()


def long_text():
    raise ValueError("begin" + 5000000 * "x" + "end")


def recurses():
    recurses()


def unpaired():
    raise ValueError("bad \ud800 text")


def crashes():
    os.kill(os.getpid(), signal.SIGSEGV)


def kills_parent_of_a_child():
    if os.fork() == 0:
        os.kill(os.getppid(), signal.SIGKILL)
        os._exit(0)
    signal.pause()
