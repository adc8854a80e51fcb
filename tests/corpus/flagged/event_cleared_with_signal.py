"""A signal that comes between the end of the wait and the clear() is cleared with the first one."""

import threading

EXPECT = {"deadlock"}
MAX_SCHEDULES = 300
SEQUENTIAL = False


class Bell:
    def __init__(self) -> None:
        self.rung = threading.Event()
        self.answered = threading.Event()

    def ring(self) -> None:
        self.rung.set()

    def wait_twice(self) -> None:
        for _ in range(2):
            self.rung.wait()
            self.rung.clear()


def setup() -> Bell:
    return Bell()


WORKERS = [Bell.wait_twice, Bell.ring, Bell.ring]
