"""The thread sleeps between reading and writing the stock: time passes,
the other thread sells too.
"""

import time

EXPECT = {"lost-update", "test-failure"}
MAX_SCHEDULES = 100


class Shelf:
    def __init__(self) -> None:
        self.stock = 10


def setup() -> Shelf:
    return Shelf()


def sell(shelf: Shelf) -> None:
    stock = shelf.stock
    time.sleep(0.001)
    shelf.stock = stock - 1


WORKERS = [sell, sell]


def check(shelf: Shelf) -> bool:
    return shelf.stock == 8
