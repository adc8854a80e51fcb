"""The base class locks its own method; the class derived from it reads and writes past that."""

import threading


class Base:
    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.size = 0

    def resize(self, size: int) -> None:
        with self.lock:
            self.size = size

    def current(self) -> int:
        with self.lock:
            return self.size


class Growing(Base):
    def grow(self) -> None:
        self.resize(self.current() + 1)


def setup() -> Growing:
    return Growing()


WORKERS = [Growing.grow, Growing.grow]
EXPECT = {"lost-update"}
MAX_SCHEDULES = 200
