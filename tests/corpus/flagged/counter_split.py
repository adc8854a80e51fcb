"""A counter whose increment reads and writes in two statements."""

EXPECT = {"lost-update", "test-failure"}
MAX_SCHEDULES = 100


class Counter:
    def __init__(self) -> None:
        self.value = 0

    def increment(self) -> None:
        seen = self.value
        self.value = seen + 1


def setup() -> Counter:
    return Counter()


WORKERS = [Counter.increment, Counter.increment]


def check(counter: Counter) -> bool:
    return counter.value == 2
