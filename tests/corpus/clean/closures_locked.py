"""Two closures over one variable are called under a lock."""

import threading
from collections.abc import Callable


class Counter:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.read, self.write = variable()


def variable() -> tuple[Callable[[], int], Callable[[int], None]]:
    value = 0

    def read() -> int:
        return value

    def write(new: int) -> None:
        nonlocal value
        value = new

    return read, write


def increment(counter: Counter) -> None:
    with counter.lock:
        counter.write(counter.read() + 1)


def setup() -> Counter:
    return Counter()


WORKERS = [increment, increment]
