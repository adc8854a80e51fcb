"""A property is augmented while its lock is held."""

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
        with self.lock:
            self.litres += 5


def setup() -> Tank:
    return Tank()


WORKERS = [Tank.fill, Tank.fill]
