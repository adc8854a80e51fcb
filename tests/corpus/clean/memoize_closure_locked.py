"""A memoizing decorator that looks, computes and counts under a lock of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Memo:
    def __init__(self, function: Callable[[int], int]) -> None:
        lock = threading.Lock()
        cache: dict[int, int] = {}
        misses = 0

        def call(argument: int) -> int:
            nonlocal misses
            with lock:
                if argument not in cache:
                    misses += 1
                    cache[argument] = function(argument)
                return cache[argument]

        self.call = call
        self.misses = lambda: misses


def setup() -> Memo:
    return Memo(lambda number: number * number)


def square(memo: Memo) -> None:
    memo.call(2)
    memo.call(3)


WORKERS = [square, square]


def check(memo: Memo) -> bool:
    return memo.misses() == 2
