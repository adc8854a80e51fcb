"""Three threads count to six together; the odd one out may set the counter back by several."""

EXPECT = {"lost-update", "test-failure"}
MAX_SCHEDULES = 100


class Counter:
    def __init__(self) -> None:
        self.value = 0


def setup() -> Counter:
    return Counter()


def count_twice(counter: Counter) -> None:
    for _ in range(2):
        counter.value = counter.value + 1


WORKERS = [count_twice, count_twice, count_twice]


def check(counter: Counter) -> None:
    assert counter.value == 6
