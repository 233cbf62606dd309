def f(a):
    print("deep", a)


class C(object):
    def run(self, a):
        print("deep class", a)
