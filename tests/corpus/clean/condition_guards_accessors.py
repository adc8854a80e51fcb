"""A condition's lock is held while accessors of its state are called."""

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
    with bell.changed:
        bell.set_rung(bell.rung() + 1)
        bell.changed.notify_all()


def setup() -> Bell:
    return Bell()


WORKERS = [ring, ring]
