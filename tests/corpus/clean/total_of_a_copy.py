"""The list is copied in one step before a loop goes through it, while another thread sells."""


class Shelf:
    def __init__(self) -> None:
        self.prices = [1, 2, 3]

    def total(self) -> int:
        found = 0
        for price in list(self.prices):
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
EACH_ONCE = True
