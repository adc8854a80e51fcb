"""A condition's lock is held to notify, not while its state is changed."""

import threading


class Bell:
    def __init__(self) -> None:
        self.changed = threading.Condition()
        self._rung = 0

    def rung(self) -> int:
        return self._rung

    def set_rung(self, rung: int) -> None:
        self._rung = rung


def ring(bell: Bell) -> None:
    bell.set_rung(bell.rung() + 1)
    with bell.changed:
        bell.changed.notify_all()


def setup() -> Bell:
    return Bell()


WORKERS = [ring, ring]
EXPECT = {"lost-update"}
MAX_SCHEDULES = 200
