import json
import random

import digdag

SIZE = 40_000_000


def store():
    r = random.Random(7)
    text = "".join("%01024x" % r.getrandbits(4096) for _ in range(SIZE // 2 // 1024 + 1))
    rows = [{"id": i, "name": "%050x" % r.getrandbits(200)} for i in range(SIZE // 4 // 75 + 9000)]
    wide = {"k%d" % i: "%050x" % r.getrandbits(200) for i in range(SIZE // 4 // 65)}
    wide["k7"] = "seven"
    print("stored", len(json.dumps([text, rows, wide])) // 1_000_000, "MB")
    digdag.env.store({"text": text, "rows": rows, "wide": wide})


def text(text):
    print("text:", len(text) // 1_000_000, "MB")


def rows(rows):
    print("rows:", len(rows), rows[-1]["id"])


def wide(wide):
    print("wide:", len(wide), wide["k7"])


def change():
    digdag.env.store({"wide": {"k7": "changed", "more": "new"}})
