"""Every instance counts itself in an attribute of its class."""

EXPECT = {"lost-update", "test-failure"}
MAX_SCHEDULES = 100


class Visitor:
    count = 0

    def __init__(self) -> None:
        Visitor.count += 1


def setup() -> type[Visitor]:
    Visitor.count = 0
    return Visitor


def enter(visitor_class: type[Visitor]) -> None:
    visitor_class()


WORKERS = [enter, enter]


def check(visitor_class: type[Visitor]) -> bool:
    return visitor_class.count == 2
