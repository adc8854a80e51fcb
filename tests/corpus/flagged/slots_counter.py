"""A counter in a slot: there is no ``__dict__`` to look at."""

EXPECT = {"lost-update", "test-failure"}
MAX_SCHEDULES = 100


class Gauge:
    __slots__ = ("__value", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self.__value = 0

    def add(self, amount: int) -> None:
        self.__value += amount

    def read(self) -> int:
        return self.__value


def setup() -> Gauge:
    return Gauge("water")


def add_three(gauge: Gauge) -> None:
    gauge.add(3)


def add_four(gauge: Gauge) -> None:
    gauge.add(4)


WORKERS = [add_three, add_four]


def check(gauge: Gauge) -> bool:
    return gauge.read() == 7
