import functools
import os
import sys
import time

import digdag


def plain():
    print("plain")


def args(a, b=2, *rest, c, d=4, **all_of_them):
    print(a, b, rest, c, d, len(all_of_them) > 3)


def no_kwargs(a, b="default", *rest):
    print(a, b, rest)


def typed(i, f, t, n, l, m, big, text):
    print(type(i).__name__, type(f).__name__, t, n, l, m, big, repr(text))


def keyword_only(*, a, b=5):
    print(a, b)


def positional_only(a, b=3, /, c=4):
    print(a, b, c)


def everything(**params):
    print(sorted(k for k in params if k in ("a", "_type", "_command", "py>")))


def decorate(f):
    @functools.wraps(f)
    def wrapper(*args, **kwargs):
        return f(kwargs["a"])

    return wrapper


@decorate
def decorated(a):
    print("decorated", a)


part = functools.partial(no_kwargs, b="bound")


class Callable(object):
    def __call__(self, a):
        print("called", a)


instance = Callable()


class Truck(object):
    wheels = 4

    def __init__(self, plate="none"):
        self.plate = plate

    def drive(self, road, speed=50):
        print(self.plate, road, speed)

    def run(self):
        print("runs", self.plate)

    @classmethod
    def make(cls, road):
        print("class", cls.__name__, road)

    @staticmethod
    def honk(road):
        print("static", road)

    class Trailer(object):
        def pull(self, road):
            print("pulls on", road)


class Abstract(type):
    pass


class WithMeta(metaclass=Abstract):
    def run(self):
        print("runs with a metaclass")


class Bag(dict):
    def run(self):
        print("bag", self.get("a"))


def stores():
    digdag.env.store({"a": 1, "m": {"x": 1}})
    digdag.env.store(b=(1, 2), m={"y": 2})
    digdag.env.store({"k": 1}, k=2)
    digdag.env.export({"e": None}, f=1.5)
    digdag.env.set_state(x=1)
    digdag.env.store({1: {2: "int keys"}, "text": "é\u2028\U0001f600", "big": 12345678901234567890})


def reads():
    import digdag_env

    print(digdag.env.params["a"], digdag_env.params is digdag.env.params, digdag.env.state_params)
    digdag_env.store_params["direct"] = True


def subtasks():
    digdag.env.subtask_config["_parallel"] = True
    digdag.env.subtask_config["_export"] = {"x": 1}
    digdag.env.add_subtask(plain)
    digdag.env.add_subtask(Truck.drive, road="A1", speed=80)
    digdag.env.add_subtask(Truck("B-1").drive, road="A2")
    digdag.env.add_subtask(Truck.Trailer.pull, road="A3")
    digdag.env.add_subtask({"_type": "mail", "to": ["me@example.com"]}, subject="hi")
    digdag.env.add_subtask(**{"echo>": "named"})


def bad_subtask():
    digdag.env.add_subtask({"echo>": "hi", "extra": object()})


def nan_subtask():
    digdag.env.add_subtask(plain, x=float("nan"))


def a_set():
    digdag.env.store({"fine": 1})
    digdag.env.store({"seen": set([1])})


def a_nan():
    digdag.env.export(ratio=float("nan"))


def direct_set():
    digdag.env.store_params["seen"] = set([1])


class WrongCode(Exception):
    pass


def fails():
    digdag.env.store(lost=1)
    raise WrongCode("code 'é' is wrong\nsecond line")


def fails_twice():
    try:
        fails()
    except WrongCode:
        raise KeyError("other")


def leave(code):
    sys.exit(code)


def leave_bare():
    sys.exit()


def leave_text():
    sys.exit("because")


def vanish():
    os._exit(0)


def killed():
    os.kill(os.getpid(), 9)


class Odd(BaseException):
    pass


def base_exception():
    raise Odd("odd")


def interpreter():
    print(os.path.basename(os.getcwd()), os.environ.get("TOKEN"), os.environ.get("a"), sys.argv[1])
    print("to stderr", file=sys.stderr)


def streams():
    print("first")
    time.sleep(30)


def spawns():
    import multiprocessing

    with multiprocessing.get_context("spawn").Pool(1) as pool:
        print(pool.map(square, [3]))


def square(n):
    return n * n


def deep_result():
    value = []
    for _ in range(500):
        value = [value]
    digdag.env.store(deep=value)
