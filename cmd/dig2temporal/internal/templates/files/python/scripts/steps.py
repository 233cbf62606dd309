import digdag


def count(words):
    digdag.env.store({"total": sum(len(word) for word in words)})


class Shouter(object):
    def shout(self, text, session_date):
        print("%s on %s!" % (text.upper(), session_date))
