"""How many read, or -1 while one writes: who asks under the lock may be told of the writer."""

from threading import Lock


class Book:
    def __init__(self) -> None:
        self.lock = Lock()
        self.readers = 0

    def write(self) -> bool:
        with self.lock:
            if self.readers:
                return False
            self.readers = -1
        with self.lock:
            self.readers = 0
        return True

    def is_free(self) -> bool:
        with self.lock:
            return self.readers >= 0


def setup() -> Book:
    return Book()


WORKERS = [Book.write, Book.is_free]
EACH_ONCE = True
