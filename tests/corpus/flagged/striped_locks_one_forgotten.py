"""The lock of a stripe guards reading and writing, but not what is between."""

import threading


class Striped:
    def __init__(self) -> None:
        self.locks = [threading.RLock(), threading.RLock()]
        self.counts = [0, 0, 0, 0]

    def get(self, key: int) -> int:
        with self.locks[key % 2]:
            return self.counts[key]

    def put(self, key: int, count: int) -> None:
        with self.locks[key % 2]:
            self.counts[key] = count

    def count(self) -> None:
        for key in (1, 2):
            self.put(key, self.get(key) + 1)


def setup() -> Striped:
    return Striped()


WORKERS = [Striped.count, Striped.count]
EXPECT = {"lost-update"}
MAX_SCHEDULES = 200
