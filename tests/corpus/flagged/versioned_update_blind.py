"""The setter is told the version, and does not look at it."""

import threading


class Cell:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.value, self.version = 0, 0

    def load(self) -> tuple[int, int]:
        with self.lock:
            return self.value, self.version

    def store(self, value: int, version: int) -> bool:
        with self.lock:
            self.value, self.version = value, version + 1
            return True


def add(cell: Cell) -> None:
    while True:
        value, version = cell.load()
        if cell.store(value + 1, version):
            return


def setup() -> Cell:
    return Cell()


WORKERS = [add, add]
EXPECT = {"lost-update"}
MAX_SCHEDULES = 200
