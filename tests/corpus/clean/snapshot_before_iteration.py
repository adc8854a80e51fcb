"""The dict is copied under the lock, and the copy is walked through."""

import threading


class Prices:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.prices = {"tea": 3, "milk": 1}
        self.totals: list[int] = []

    def add_up(self) -> None:
        with self.lock:
            prices = self.prices.copy()
        total = 0
        for name in prices:
            total += prices[name]
        self.totals.append(total)

    def extend(self) -> None:
        with self.lock:
            self.prices["bread"] = 4


def setup() -> Prices:
    return Prices()


WORKERS = [Prices.add_up, Prices.extend]


def check(prices: Prices) -> bool:
    return prices.totals[0] in (4, 8)
