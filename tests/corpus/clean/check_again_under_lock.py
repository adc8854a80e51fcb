"""A quick look without the lock, and a second look under it: only the second one counts."""

import threading


class Cinema:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.free_seats = 1

    def book(self) -> bool:
        if self.free_seats == 0:
            return False
        with self.lock:
            if self.free_seats == 0:
                return False
            self.free_seats -= 1
            return True


def setup() -> Cinema:
    return Cinema()


WORKERS = [Cinema.book, Cinema.book]


def check(cinema: Cinema) -> bool:
    return cinema.free_seats == 0
