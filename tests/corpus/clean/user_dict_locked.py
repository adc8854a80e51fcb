"""One thread walks through a UserDict and the other puts a key into it, both under its lock."""

from __future__ import annotations

import threading
from collections import UserDict


class Prices(UserDict[str, int]):
    def __init__(self, **prices: int) -> None:
        self.lock = threading.Lock()
        super().__init__(prices)

    def add_up(self) -> int:
        total = 0
        with self.lock:
            for name in self:
                total += self[name]
        return total

    def extend(self) -> None:
        with self.lock:
            self["bread"] = 4


def setup() -> Prices:
    return Prices(tea=3, milk=1)


def add_up(prices: Prices) -> None:
    assert prices.add_up() in (4, 8)


WORKERS = [add_up, Prices.extend]
