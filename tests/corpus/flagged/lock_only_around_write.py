"""The write is locked, the read that it is based on is not. No check."""

import threading

EXPECT = {"lost-update"}
MAX_SCHEDULES = 100


class Meter:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.total = 0

    def add(self, amount: int) -> None:
        new_total = self.total + amount
        with self.lock:
            self.total = new_total


def setup() -> Meter:
    return Meter()


def add_one(meter: Meter) -> None:
    meter.add(1)


WORKERS = [add_one, add_one]
