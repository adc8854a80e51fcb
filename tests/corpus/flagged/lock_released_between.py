"""Read under the lock, write under the lock, but the lock is let go in between."""

import threading

EXPECT = {"lost-update", "test-failure"}
MAX_SCHEDULES = 100


class Stock:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.left = 5

    def sell(self) -> None:
        with self.lock:
            left = self.left
        with self.lock:
            self.left = left - 1


def setup() -> Stock:
    return Stock()


WORKERS = [Stock.sell, Stock.sell]


def check(stock: Stock) -> bool:
    return stock.left == 3
