"""One thread walks through a dict while the other puts a key into it: RuntimeError."""

EXPECT = {"thread-exception", "test-failure"}
MAX_SCHEDULES = 100


class Prices:
    def __init__(self) -> None:
        self.prices = {"tea": 3, "milk": 1}
        self.total = 0

    def add_up(self) -> None:
        for name in self.prices:
            self.total += self.prices[name]

    def extend(self) -> None:
        self.prices["bread"] = 4


def setup() -> Prices:
    return Prices()


WORKERS = [Prices.add_up, Prices.extend]
