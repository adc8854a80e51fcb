"""The lock is held to look whether a copy is left, and once more to take it, but not in between."""

from threading import Lock

EXPECT = {"atomicity-violation"}
MAX_SCHEDULES = 50


class Library:
    def __init__(self) -> None:
        self.lock = Lock()
        self.copies = {"Emma": 1}

    def has(self, title: str) -> bool:
        with self.lock:
            return self.copies[title] > 0

    def lend(self, title: str) -> None:
        with self.lock:
            self.copies[title] -= 1


setup = Library


def borrow(library: Library) -> None:
    if library.has("Emma"):
        library.lend("Emma")


WORKERS = [borrow, borrow]
