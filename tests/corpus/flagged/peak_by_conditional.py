"""``peak = now if now > peak else peak`` is ``max(now, peak)``: the peak that was read is stale."""

EXPECT = {"lost-update"}
MAX_SCHEDULES = 100


class Gauge:
    def __init__(self) -> None:
        self.peak = 0

    def observe(self, level: int) -> None:
        self.peak = level if level > self.peak else self.peak


setup = Gauge


def low(gauge: Gauge) -> None:
    gauge.observe(5)


def high(gauge: Gauge) -> None:
    gauge.observe(9)


WORKERS = [low, high]


def check(gauge: Gauge) -> bool:
    return gauge.peak == 9
