"""One thread adds up a copy of a dict's values, made in one call; the other adds a key."""


class Stock:
    def __init__(self) -> None:
        self.pieces = {"tea": 3, "milk": 1}

    def total(self) -> int:
        total = 0
        for pieces in list(self.pieces.values()):
            total += pieces
        return total

    def deliver(self) -> None:
        self.pieces["bread"] = 4


def setup() -> Stock:
    return Stock()


WORKERS = [Stock.total, Stock.deliver]


def check(stock: Stock) -> bool:
    return stock.pieces == {"tea": 3, "milk": 1, "bread": 4}
