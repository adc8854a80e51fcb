"""The place in a sorted list is found first and used then; the list may have changed."""

from bisect import bisect

EXPECT = {"test-failure"}
MAX_SCHEDULES = 100


def setup() -> list[int]:
    return [10, 20, 30]


def insert(values: list[int], value: int) -> None:
    place = bisect(values, value)
    values.insert(place, value)


def insert_small(values: list[int]) -> None:
    insert(values, 5)


def insert_large(values: list[int]) -> None:
    insert(values, 25)


WORKERS = [insert_small, insert_large]


def check(values: list[int]) -> bool:
    return values == sorted(values)
