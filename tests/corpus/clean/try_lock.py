"""Who does not get the second lock at once gives up: opposite orders, and still no deadlock."""

import threading


class Pair:
    def __init__(self) -> None:
        self.left = threading.Lock()
        self.right = threading.Lock()
        self.done = [False, False]

    def work(self, number: int, first: threading.Lock, second: threading.Lock) -> None:
        with first:
            if second.acquire(blocking=False):
                try:
                    self.done[number] = True
                finally:
                    second.release()


def setup() -> Pair:
    return Pair()


def one(pair: Pair) -> None:
    pair.work(0, pair.left, pair.right)


def other(pair: Pair) -> None:
    pair.work(1, pair.right, pair.left)


WORKERS = [one, other]
