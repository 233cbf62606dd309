def main(a):
    print("a module of the user's", a)
