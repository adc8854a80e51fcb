"""The place in a sorted list is found first and used then; nobody asks whether it is still sorted,
as it is after whatever order of the two.
"""

from bisect import bisect

EXPECT = {"nonserializable-outcome"}
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
