"""``total += 1`` calls a method that adds under a lock, and stores the same object again: nothing
gets lost.
"""

from __future__ import annotations

import threading


class Total:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.amount = 0

    def __iadd__(self, amount: int) -> Total:
        with self.lock:
            self.amount += amount
        return self


class Shop:
    def __init__(self) -> None:
        self.total = Total()

    def sell(self) -> None:
        self.total += 1


def setup() -> Shop:
    return Shop()


WORKERS = [Shop.sell, Shop.sell]


def check(shop: Shop) -> bool:
    return shop.total.amount == 2
