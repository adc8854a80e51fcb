"""As many are let in as there is room for: one thread asks and lets in at a time."""

from __future__ import annotations

import threading


class Hall:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.inside: list[str] = []

    def room(self) -> int:
        return 2 - len(self.inside)

    def admit(self, guests: list[str]) -> None:
        with self.lock:
            for guest in guests[: self.room()]:
                self.inside.append(guest)


def setup() -> Hall:
    return Hall()


def first(hall: Hall) -> None:
    hall.admit(["a", "b"])


def second(hall: Hall) -> None:
    hall.admit(["c", "d"])


WORKERS = [first, second]
EACH_ONCE = True
