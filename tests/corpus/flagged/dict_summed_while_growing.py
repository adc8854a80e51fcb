"""One thread adds up a dict's values, in a loop that touches nothing else; the other adds a key:
``RuntimeError``, though only if the switch comes between two steps of the loop.
"""

EXPECT = {"thread-exception"}
MAX_SCHEDULES = 100


class Stock:
    def __init__(self) -> None:
        self.pieces = {"tea": 3, "milk": 1}

    def total(self) -> int:
        total = 0
        for pieces in self.pieces.values():
            total += pieces
        return total

    def deliver(self) -> None:
        self.pieces["bread"] = 4


def setup() -> Stock:
    return Stock()


WORKERS = [Stock.total, Stock.deliver]
