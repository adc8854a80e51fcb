"""``+=`` on a module global. No check."""

EXPECT = {"lost-update"}
MAX_SCHEDULES = 100

total = 0


def setup() -> None:
    global total
    total = 0


def add_one(_: None) -> None:
    global total
    total += 1


WORKERS = [add_one, add_one]
