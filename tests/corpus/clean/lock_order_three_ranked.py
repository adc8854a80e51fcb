"""Three threads take pairs of three locks, always the one with the lower rank first."""

import threading


class Crossing:
    def __init__(self) -> None:
        self.north = threading.Lock()
        self.east = threading.Lock()
        self.west = threading.Lock()
        self.passed = 0


def setup() -> Crossing:
    return Crossing()


def from_north(crossing: Crossing) -> None:
    with crossing.north, crossing.east:
        pass


def from_east(crossing: Crossing) -> None:
    with crossing.east, crossing.west:
        pass


def from_west(crossing: Crossing) -> None:
    with crossing.north, crossing.west:
        pass


WORKERS = [from_north, from_east, from_west]
