"""A byte of a bytearray, counted up."""

EXPECT = {"test-failure", "lost-update"}
MAX_SCHEDULES = 100


def setup() -> bytearray:
    return bytearray(4)


def increment(counts: bytearray) -> None:
    counts[2] += 1


WORKERS = [increment, increment]


def check(counts: bytearray) -> bool:
    return counts == b"\0\0\2\0"
