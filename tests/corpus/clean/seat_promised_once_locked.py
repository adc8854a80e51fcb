"""A seat is asked for and taken under a lock: one traveller is told so."""

import threading


class Coach:
    def __init__(self) -> None:
        self.free = {"1a"}
        self.lock = threading.Lock()

    def take(self) -> bool:
        with self.lock:
            if "1a" not in self.free:
                return False
            self.free.discard("1a")
            return True


def setup() -> Coach:
    return Coach()


WORKERS = [Coach.take, Coach.take]
