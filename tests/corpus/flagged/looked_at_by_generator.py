"""A generator looks for a free seat, the caller takes it when it has one. Nobody checks."""

from collections.abc import Iterator

EXPECT = {"atomicity-violation"}
MAX_SCHEDULES = 100


class Hall:
    def __init__(self) -> None:
        self.seats = {"a": "", "b": "x"}

    def free(self) -> Iterator[str]:
        for seat in ("a", "b"):
            if not self.seats[seat]:
                yield seat

    def sit(self, who: str) -> None:
        seat = next(self.free(), None)
        if seat is not None:
            self.seats[seat] = who


setup = Hall


def ann(hall: Hall) -> None:
    hall.sit("ann")


def bob(hall: Hall) -> None:
    hall.sit("bob")


WORKERS = [ann, bob]
