"""An item of an array.array, counted up through a variable."""

from array import array

EXPECT = {"test-failure", "lost-update"}
MAX_SCHEDULES = 100


def setup() -> "array[int]":
    return array("l", [0, 0])


def increment(counts: "array[int]") -> None:
    seen = counts[-1]
    counts[-1] = seen + 1


WORKERS = [increment, increment]


def check(counts: "array[int]") -> bool:
    return counts.tolist() == [0, 2]
