"""What moves from one list to the other under a lock is counted by two methods without it."""

from __future__ import annotations

import threading

EXPECT = {"atomicity-violation"}
MAX_SCHEDULES = 50
EACH_ONCE = True


class Desk:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.waiting = ["ann", "bob"]
        self.served: list[str] = []

    def serve(self) -> None:
        with self.lock:
            self.served.append(self.waiting.pop())

    def how_many_wait(self) -> int:
        return len(self.waiting)

    def how_many_served(self) -> int:
        return len(self.served)

    def guests(self) -> int:
        return self.how_many_wait() + self.how_many_served()


def setup() -> Desk:
    return Desk()


def looks(desk: Desk) -> None:
    desk.guests()


WORKERS = [Desk.serve, looks]
