"""Where a ring is written next is asked, used and moved under one lock."""

import threading


class Ring:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.places = ["", "", "", ""]
        self._next = 0

    def next(self) -> int:
        return self._next

    def advance(self, to: int) -> None:
        self._next = to % 4

    def put(self, text: str) -> None:
        with self.lock:
            at = self.next()
            self.places[at] = text
            self.advance(at + 1)


def write(ring: Ring) -> None:
    ring.put("x")


def setup() -> Ring:
    return Ring()


WORKERS = [write, write]
