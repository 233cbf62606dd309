class Job(object):
    def work(self, a):
        print("package", a)
