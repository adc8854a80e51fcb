"""Both threads swap the same two places of a list: one value may be there twice afterwards."""

EXPECT = {"lost-update", "test-failure"}
MAX_SCHEDULES = 100


def setup() -> list[str]:
    return ["left", "right"]


def swap(row: list[str]) -> None:
    row[0], row[1] = row[1], row[0]


WORKERS = [swap, swap]


def check(row: list[str]) -> bool:
    return sorted(row) == ["left", "right"]
