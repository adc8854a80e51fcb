"""A memoizing decorator counts its misses in a variable of the enclosing function."""

from __future__ import annotations

from collections.abc import Callable

EXPECT = {"lost-update", "test-failure"}
MAX_SCHEDULES = 100


class Memo:
    def __init__(self, function: Callable[[int], int]) -> None:
        cache: dict[int, int] = {}
        misses = 0

        def call(argument: int) -> int:
            nonlocal misses
            if argument not in cache:
                misses += 1
                cache[argument] = function(argument)
            return cache[argument]

        self.call = call
        self.misses = lambda: misses


def setup() -> Memo:
    return Memo(lambda number: number * number)


def square_of_two(memo: Memo) -> None:
    memo.call(2)


def square_of_three(memo: Memo) -> None:
    memo.call(3)


WORKERS = [square_of_two, square_of_three]


def check(memo: Memo) -> bool:
    return memo.misses() == 2
