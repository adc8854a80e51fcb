"""The lock is given back in a finally, after the setter."""

import threading


class Ticket:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self._last = 0

    def last(self) -> int:
        return self._last

    def issued(self, number: int) -> None:
        self._last = number


def issue(tickets: Ticket) -> None:
    tickets.lock.acquire()
    try:
        number = tickets.last() + 1
        tickets.issued(number)
    finally:
        tickets.lock.release()


def setup() -> Ticket:
    return Ticket()


WORKERS = [issue, issue]
