"""``counts[key] += 1`` without a lock."""

EXPECT = {"lost-update", "test-failure"}
MAX_SCHEDULES = 100


def setup() -> dict[str, int]:
    return {"north": 0, "south": 0}


def count_north(counts: dict[str, int]) -> None:
    counts["south"] += 0
    counts["north"] += 1


WORKERS = [count_north, count_north]


def check(counts: dict[str, int]) -> bool:
    return counts == {"north": 2, "south": 0}
