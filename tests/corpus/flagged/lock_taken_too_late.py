"""The decision is made before the lock is taken: one seat may be sold twice."""

import threading

EXPECT = {"atomicity-violation", "lost-update"}
MAX_SCHEDULES = 100


class Cinema:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.free_seats = 1

    def book(self) -> bool:
        if self.free_seats == 0:
            return False
        with self.lock:
            self.free_seats -= 1
        return True


def setup() -> Cinema:
    return Cinema()


WORKERS = [Cinema.book, Cinema.book]


def check(cinema: Cinema) -> bool:
    return cinema.free_seats == 0
