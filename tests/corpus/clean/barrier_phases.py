"""Write, meet, read, meet again: nobody reads what is not written or writes what is still read."""

import threading

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
            self.barrier.wait()


def setup() -> Exchange:
    return Exchange()


def left(exchange: Exchange) -> None:
    exchange.trade(0)


def right(exchange: Exchange) -> None:
    exchange.trade(1)


WORKERS = [left, right]


def check(exchange: Exchange) -> bool:
    return exchange.seen == [[1, 2], [1, 2]]
