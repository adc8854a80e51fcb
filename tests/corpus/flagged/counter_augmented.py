"""``+=`` on an attribute is a read and a write. No check: the hazard itself has to be seen."""

EXPECT = {"lost-update"}
MAX_SCHEDULES = 100


class Counter:
    def __init__(self) -> None:
        self.value = 0


def setup() -> Counter:
    return Counter()


def increment(counter: Counter) -> None:
    counter.value += 1


WORKERS = [increment, increment]
