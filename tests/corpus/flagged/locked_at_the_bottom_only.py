"""Three methods call each other; only the innermost are locked."""

import threading


class Stock:
    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.amount = 5

    def _amount(self) -> int:
        with self.lock:
            return self.amount

    def available(self) -> int:
        return self._amount()

    def _store(self, amount: int) -> None:
        with self.lock:
            self.amount = amount

    def keep(self, amount: int) -> None:
        self._store(amount)

    def sell(self) -> None:
        rest = self.available() - 1
        self.keep(rest)


def setup() -> Stock:
    return Stock()


WORKERS = [Stock.sell, Stock.sell]
EXPECT = {"lost-update"}
MAX_SCHEDULES = 200
