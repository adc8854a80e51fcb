"""A reader without the lock looks whether the version has moved, and begins anew if it has."""

from threading import Lock


class Pair:
    def __init__(self) -> None:
        self.lock = Lock()
        self.version = 0
        self.low = self.high = 0

    def move(self, step: int) -> None:
        with self.lock:
            self.version += 1
            self.low += step
            self.high += step
            self.version += 1

    def width(self) -> int:
        while True:
            before = self.version
            low, high = self.low, self.high
            if before % 2 == 0 and before == self.version:
                return high - low


def setup() -> Pair:
    return Pair()


def move(pair: Pair) -> None:
    pair.move(1)


WORKERS = [move, Pair.width]
EACH_ONCE = True


def check(pair: Pair) -> bool:
    return pair.width() == 0
