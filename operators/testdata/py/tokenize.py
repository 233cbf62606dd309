def hidden():
    print("never: the standard library comes first")
