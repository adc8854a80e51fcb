"""A semaphore with two permits lets both in."""

import threading


class Meter:
    def __init__(self) -> None:
        self.permits = threading.Semaphore(2)
        self._count = 0

    def read(self) -> int:
        return self._count

    def show(self, count: int) -> None:
        self._count = count


def tick(meter: Meter) -> None:
    with meter.permits:
        meter.show(meter.read() + 1)


def setup() -> Meter:
    return Meter()


WORKERS = [tick, tick]
EXPECT = {"lost-update"}
MAX_SCHEDULES = 200
