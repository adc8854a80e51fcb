"""A read-write lock: many readers, or one writer. Readers may keep writers waiting, which is
unfair, but every reader ends.
"""

import threading


class Shelf:
    def __init__(self) -> None:
        self.condition = threading.Condition()
        self.readers = 0
        self.writing = False
        self.books = 0
        self.pages = 0

    def look(self) -> None:
        with self.condition:
            while self.writing:
                self.condition.wait()
            self.readers += 1
        assert self.pages == 100 * self.books
        with self.condition:
            self.readers -= 1
            if not self.readers:
                self.condition.notify_all()

    def add(self) -> None:
        with self.condition:
            while self.readers or self.writing:
                self.condition.wait()
            self.writing = True
        self.books += 1
        self.pages += 100
        with self.condition:
            self.writing = False
            self.condition.notify_all()


def setup() -> Shelf:
    return Shelf()


WORKERS = [Shelf.add, Shelf.add, Shelf.look]


def check(shelf: Shelf) -> bool:
    return shelf.books == 2
