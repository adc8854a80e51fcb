"""A worker lets a ThreadPoolExecutor count without a lock."""

from concurrent.futures import ThreadPoolExecutor

EXPECT = {"lost-update", "test-failure"}
MAX_SCHEDULES = 100
SEQUENTIAL = False


class Counter:
    def __init__(self) -> None:
        self.value = 0

    def increment(self) -> None:
        self.value += 1


def setup() -> Counter:
    return Counter()


def count_in_pool(counter: Counter) -> None:
    with ThreadPoolExecutor(max_workers=2) as pool:
        for future in [pool.submit(counter.increment) for _ in range(2)]:
            future.result()


WORKERS = [count_in_pool]


def check(counter: Counter) -> bool:
    return counter.value == 2
