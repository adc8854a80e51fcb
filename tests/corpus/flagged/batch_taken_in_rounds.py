"""Each item is taken under the lock, but how many are there is asked once, before: two workers may
count on the same ones.
"""

from threading import Lock

EXPECT = {"test-failure", "thread-exception", "atomicity-violation"}
MAX_SCHEDULES = 200


class Stock:
    def __init__(self) -> None:
        self.lock = Lock()
        self.items = [1, 2]

    def take_all(self) -> list[int]:
        taken = []
        with self.lock:
            left = len(self.items)
        for _ in range(left):
            with self.lock:
                taken.append(self.items.pop())
        return taken


def setup() -> Stock:
    return Stock()


WORKERS = [Stock.take_all, Stock.take_all]
