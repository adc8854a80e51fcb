"""Each price is set under the lock, first none, then the new one: somebody may buy for nothing."""

from threading import Lock

EXPECT = {"stale-read"}
MAX_SCHEDULES = 200


class Shelf:
    def __init__(self) -> None:
        self.lock = Lock()
        self.price = 100

    def set(self, price: int) -> None:
        with self.lock:
            self.price = price

    def change(self) -> None:
        for price in (0, 120):
            self.set(price)

    def ask(self) -> int:
        with self.lock:
            return self.price


def setup() -> Shelf:
    return Shelf()


WORKERS = [Shelf.change, Shelf.ask]
EACH_ONCE = True
