"""Three threads take three locks in a circle: no two of them alone would get stuck."""

import threading

EXPECT = {"deadlock"}
MAX_SCHEDULES = 300


class Crossing:
    def __init__(self) -> None:
        self.north = threading.Lock()
        self.east = threading.Lock()
        self.west = threading.Lock()


def setup() -> Crossing:
    return Crossing()


def from_north(crossing: Crossing) -> None:
    with crossing.north, crossing.east:
        pass


def from_east(crossing: Crossing) -> None:
    with crossing.east, crossing.west:
        pass


def from_west(crossing: Crossing) -> None:
    with crossing.west, crossing.north:
        pass


WORKERS = [from_north, from_east, from_west]
