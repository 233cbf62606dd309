import digdag


def load(day, cities):
    """Arguments come from params of the same names."""
    rows = [{"city": city, "amount": (i + 1) * len(day)} for i, city in enumerate(cities)]
    digdag.env.store({"rows": rows})
    print(f"{len(rows)} rows of {day}")


class Totals:
    """The constructor gets its arguments the same way."""

    def __init__(self, rows):
        self.rows = rows

    def by_city(self, currency, digits=2):
        totals = {row["city"]: f"{row['amount']:.{digits}f} {currency}" for row in self.rows}
        digdag.env.store({"totals": totals})


def fan_out(cities):
    """One task for each city, side by side."""
    for city in cities:
        digdag.env.add_subtask(announce, city=city)
    digdag.env.subtask_config["_parallel"] = True


def announce(city, totals):
    print(f"{city}: {totals[city]}")
