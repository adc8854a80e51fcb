"""A writer waits until nobody reads, and does not look whether another one writes already."""

import threading

EXPECT = {"test-failure", "lost-update"}
MAX_SCHEDULES = 100


class Shelf:
    def __init__(self) -> None:
        self.condition = threading.Condition()
        self.readers = 0
        self.books = 0

    def count(self) -> int:
        with self.condition:
            self.readers += 1
        books = self.books
        with self.condition:
            self.readers -= 1
            self.condition.notify_all()
        return books

    def add(self) -> None:
        with self.condition:
            while self.readers:
                self.condition.wait()
        self.books += 1


def setup() -> Shelf:
    return Shelf()


WORKERS = [Shelf.add, Shelf.add, Shelf.count]


def check(shelf: Shelf) -> bool:
    return shelf.books == 2
