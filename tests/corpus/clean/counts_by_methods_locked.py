"""What moves from one list to the other is counted by two methods under the lock of the move."""

from __future__ import annotations

import threading

EACH_ONCE = True


class Desk:
    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.waiting = ["ann", "bob"]
        self.served: list[str] = []

    def serve(self) -> None:
        with self.lock:
            self.served.append(self.waiting.pop())

    def how_many_wait(self) -> int:
        with self.lock:
            return len(self.waiting)

    def how_many_served(self) -> int:
        with self.lock:
            return len(self.served)

    def guests(self) -> int:
        with self.lock:
            return self.how_many_wait() + self.how_many_served()


def setup() -> Desk:
    return Desk()


WORKERS = [Desk.serve, Desk.guests]
