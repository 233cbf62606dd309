import surely_not_installed


def f():
    pass
