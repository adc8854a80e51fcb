"""itertools.count and the iterator of a list give each value once: next() is one step in C."""

import itertools


class Desk:
    def __init__(self) -> None:
        self.ids = itertools.count(1)
        self.names = iter(["anna", "ben"])
        self.given: list[tuple[int, str]] = []

    def give(self) -> None:
        self.given.append((next(self.ids), next(self.names)))


def setup() -> Desk:
    return Desk()


WORKERS = [Desk.give, Desk.give]
EACH_ONCE = True


def check(desk: Desk) -> bool:
    return sorted(number for number, _ in desk.given) == [1, 2] and len(set(desk.given)) == 2
