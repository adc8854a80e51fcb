"""insort() finds the place and inserts there in one step in C."""

from bisect import insort


def setup() -> list[int]:
    return [10, 20, 30]


def insert_small(values: list[int]) -> None:
    insort(values, 5)


def insert_large(values: list[int]) -> None:
    insort(values, 25)


WORKERS = [insert_small, insert_large]


def check(values: list[int]) -> bool:
    return values == sorted(values)
