"""``+=`` on one place of a list. No check."""

EXPECT = {"lost-update"}
MAX_SCHEDULES = 100


def setup() -> list[int]:
    return [0, 0, 0]


def hit(histogram: list[int]) -> None:
    histogram[1] += 1


WORKERS = [hit, hit]
