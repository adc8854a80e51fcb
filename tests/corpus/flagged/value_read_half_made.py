"""A reader without the lock sees what the writer has only put there meanwhile."""

import threading

EXPECT = {"stale-read"}
MAX_SCHEDULES = 100


class Level:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.value = 5

    def refill(self) -> None:
        with self.lock:
            self.value = 0
            self.value = 10

    def read(self) -> int:
        return self.value


def setup() -> Level:
    return Level()


WORKERS = [Level.refill, Level.read]
