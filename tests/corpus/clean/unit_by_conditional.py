"""What is written follows from another location: ``5 if limit > 3 else 7`` loses nothing."""


class Gauge:
    def __init__(self) -> None:
        self.limit = 4
        self.unit = 0

    def choose(self) -> None:
        self.unit = 5 if self.limit > 3 else 7

    def same(self) -> None:
        self.unit = 5


setup = Gauge

WORKERS = [Gauge.choose, Gauge.same]


def check(gauge: Gauge) -> bool:
    return gauge.unit == 5
