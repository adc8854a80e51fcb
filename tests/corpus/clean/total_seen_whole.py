"""Money is taken here and added there in one locked step: each total is whole."""

import threading


class Bank:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.anna = 10
        self.ben = 0

    def move(self) -> None:
        with self.lock:
            self.anna -= 4
            self.ben += 4

    def total(self) -> int:
        with self.lock:
            return self.anna + self.ben


def setup() -> Bank:
    return Bank()


WORKERS = [Bank.move, Bank.total]
