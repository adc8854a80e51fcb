"""A reader takes the lock that the writer holds until the value is right."""

import threading


class Level:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.value = 5

    def refill(self) -> None:
        with self.lock:
            self.value = 0
            self.value = 10

    def read(self) -> int:
        with self.lock:
            return self.value


def setup() -> Level:
    return Level()


WORKERS = [Level.refill, Level.read]
