"""Seats are counted without the lock for a quick no, and once more with it before one is taken."""

from threading import Lock


class Boat:
    def __init__(self) -> None:
        self.lock = Lock()
        self.seats: dict[str, int] = {}

    def board(self, who: str) -> None:
        if len(self.seats) < 1:
            with self.lock:
                if len(self.seats) < 1:
                    self.seats[who] = 1


setup = Boat


def ann(boat: Boat) -> None:
    boat.board("ann")


def bob(boat: Boat) -> None:
    boat.board("bob")


def check(boat: Boat) -> bool:
    return len(boat.seats) == 1


WORKERS = [ann, bob]
