"""Seats are counted before one is taken: the dict is asked as a whole, and changed by its keys."""

EXPECT = {"atomicity-violation"}
MAX_SCHEDULES = 50


class Boat:
    def __init__(self) -> None:
        self.seats: dict[str, int] = {}

    def board(self, who: str) -> None:
        if len(self.seats) < 1:
            self.seats[who] = 1


setup = Boat


def ann(boat: Boat) -> None:
    boat.board("ann")


def bob(boat: Boat) -> None:
    boat.board("bob")


WORKERS = [ann, bob]
