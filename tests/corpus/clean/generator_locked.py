"""Two threads draw from one generator, under a lock."""

import threading
from collections.abc import Iterator


class Tickets:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.sold = 0
        self.numbers = self.count()

    def count(self) -> Iterator[int]:
        while True:
            self.sold += 1
            yield self.sold

    def sell(self) -> None:
        with self.lock:
            next(self.numbers)


def setup() -> Tickets:
    return Tickets()


WORKERS = [Tickets.sell, Tickets.sell]


def check(tickets: Tickets) -> bool:
    return tickets.sold == 2
