import random

import digdag


def store():
    digdag.env.store({"text": random.Random(5).randbytes(20_000_000).hex()})


def length(text):
    print("length:", len(text))
