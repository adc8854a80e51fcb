"""lru_cache around a function without effects: two threads may compute, nobody can tell."""

from functools import lru_cache

words = ["to", "be", "or", "not"]


@lru_cache
def letters(upto: int) -> int:
    return sum(len(word) for word in words[:upto])


def setup() -> list[int]:
    letters.cache_clear()
    return [0, 0]


def first(results: list[int]) -> None:
    results[0] = letters(3)


def second(results: list[int]) -> None:
    results[1] = letters(3)


WORKERS = [first, second]


def check(results: list[int]) -> bool:
    return results == [6, 6]
