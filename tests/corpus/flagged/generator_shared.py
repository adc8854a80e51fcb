"""Two threads draw from one generator: it can run in only one of them."""

from collections.abc import Iterator

EXPECT = {"thread-exception", "lost-update"}
MAX_SCHEDULES = 100


class Tickets:
    def __init__(self) -> None:
        self.sold = 0
        self.numbers = self.count()

    def count(self) -> Iterator[int]:
        while True:
            self.sold += 1
            yield self.sold

    def sell(self) -> None:
        next(self.numbers)


def setup() -> Tickets:
    return Tickets()


WORKERS = [Tickets.sell, Tickets.sell]
