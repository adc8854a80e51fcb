"""Who finds nothing to do returns without giving the lock back."""

import threading

EXPECT = {"deadlock"}
MAX_SCHEDULES = 100
SEQUENTIAL = False


class Basket:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.apples = 0

    def put(self) -> None:
        with self.lock:
            self.apples += 1

    def take(self) -> None:
        self.lock.acquire()
        if not self.apples:
            return
        self.apples -= 1
        self.lock.release()


def setup() -> Basket:
    return Basket()


WORKERS = [Basket.put, Basket.take]
