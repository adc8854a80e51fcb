"""As many are let in as there is room for: two may ask how much that is before either lets in
anybody.
"""

from __future__ import annotations

EXPECT = {"atomicity-violation"}
MAX_SCHEDULES = 100


class Hall:
    def __init__(self) -> None:
        self.inside: list[str] = []

    def room(self) -> int:
        return 2 - len(self.inside)

    def admit(self, guests: list[str]) -> None:
        for guest in guests[: self.room()]:
            self.inside.append(guest)


def setup() -> Hall:
    return Hall()


def first(hall: Hall) -> None:
    hall.admit(["a", "b"])


def second(hall: Hall) -> None:
    hall.admit(["c", "d"])


WORKERS = [first, second]
EACH_ONCE = True
