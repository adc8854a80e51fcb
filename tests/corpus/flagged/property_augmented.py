"""Augmenting a property is a call of its getter and one of its setter."""

import threading


class Tank:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self._litres = 0

    @property
    def litres(self) -> int:
        return self._litres

    @litres.setter
    def litres(self, litres: int) -> None:
        self._litres = litres

    def fill(self) -> None:
        self.litres += 5


def setup() -> Tank:
    return Tank()


WORKERS = [Tank.fill, Tank.fill]
EXPECT = {"lost-update"}
MAX_SCHEDULES = 200
