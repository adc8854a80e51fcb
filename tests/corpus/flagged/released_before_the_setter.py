"""The lock is given back after the getter, and taken no more."""

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
    finally:
        tickets.lock.release()
    tickets.issued(number)


def setup() -> Ticket:
    return Ticket()


WORKERS = [issue, issue]
EXPECT = {"lost-update"}
MAX_SCHEDULES = 200
