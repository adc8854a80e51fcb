"""A gauge keeps the highest level: it is compared and written in two steps. Nobody checks."""

EXPECT = {"atomicity-violation"}
MAX_SCHEDULES = 50


class Gauge:
    def __init__(self) -> None:
        self.top = 0

    def observe(self, level: int) -> None:
        if level > self.top:
            self.top = level


setup = Gauge


def low(gauge: Gauge) -> None:
    gauge.observe(5)


def high(gauge: Gauge) -> None:
    gauge.observe(9)


WORKERS = [low, high]
