"""Write, meet at the barrier, read: without a second meeting the fast one writes again
before the slow one reads.
"""

import threading

EXPECT = {"test-failure"}
MAX_SCHEDULES = 100
SEQUENTIAL = False


class Exchange:
    def __init__(self) -> None:
        self.barrier = threading.Barrier(2)
        self.offered = [0, 0]
        self.seen: list[list[int]] = [[], []]

    def trade(self, place: int) -> None:
        for step in (1, 2):
            self.offered[place] = step
            self.barrier.wait()
            self.seen[place].append(self.offered[1 - place])


def setup() -> Exchange:
    return Exchange()


def left(exchange: Exchange) -> None:
    exchange.trade(0)


def right(exchange: Exchange) -> None:
    exchange.trade(1)


WORKERS = [left, right]


def check(exchange: Exchange) -> bool:
    return exchange.seen == [[1, 2], [1, 2]]
