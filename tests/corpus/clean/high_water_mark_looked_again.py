"""The level is compared without the lock first, and once more with it before it is written."""

from threading import Lock


class Gauge:
    def __init__(self) -> None:
        self.lock = Lock()
        self.top = 0

    def observe(self, level: int) -> None:
        if level > self.top:
            with self.lock:
                if level > self.top:
                    self.top = level


setup = Gauge


def low(gauge: Gauge) -> None:
    gauge.observe(5)


def high(gauge: Gauge) -> None:
    gauge.observe(9)


WORKERS = [low, high]
