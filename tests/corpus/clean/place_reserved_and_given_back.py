"""A place is taken, and put back under the same lock if there was none: the look before it only
spares the lock.
"""

from threading import Lock


class Boat:
    def __init__(self) -> None:
        self.lock = Lock()
        self.free = 1
        self.aboard: list[str] = []

    def board(self, who: str) -> None:
        if self.free > 0:
            with self.lock:
                self.free -= 1
                if self.free < 0:
                    self.free += 1
                else:
                    self.aboard.append(who)


setup = Boat


def ann(boat: Boat) -> None:
    boat.board("Ann")


def bob(boat: Boat) -> None:
    boat.board("Bob")


WORKERS = [ann, bob]


def check(boat: Boat) -> bool:
    return boat.free == 0 and len(boat.aboard) == 1
