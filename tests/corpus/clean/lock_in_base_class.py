"""The base class has the lock, the class derived from it uses it."""

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
        with self.lock:
            self.resize(self.current() + 1)


def setup() -> Growing:
    return Growing()


WORKERS = [Growing.grow, Growing.grow]
