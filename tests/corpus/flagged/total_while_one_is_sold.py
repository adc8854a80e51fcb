"""A loop over a list passes over one item, because another one is taken out before it."""

EXPECT = {"stale-read"}
MAX_SCHEDULES = 50


class Shelf:
    def __init__(self) -> None:
        self.prices = [1, 2, 3]

    def total(self) -> int:
        found = 0
        for price in self.prices:
            found += price
        return found

    def sell(self) -> None:
        self.prices.remove(2)


setup = Shelf


def add_up(shelf: Shelf) -> int:
    return shelf.total()


def sell(shelf: Shelf) -> None:
    shelf.sell()


WORKERS = [add_up, sell]
