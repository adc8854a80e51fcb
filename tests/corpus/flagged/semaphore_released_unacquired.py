"""A permit is given back although it was never got: from then on two get in."""

import threading

EXPECT = {"test-failure", "lost-update"}
MAX_SCHEDULES = 500


class Door:
    def __init__(self) -> None:
        self.permit = threading.Semaphore(1)
        self.visits = 0
        self.turned_away = 0

    def visit(self) -> None:
        entered = self.permit.acquire(blocking=False)
        try:
            if entered:
                self.visits += 1
        finally:
            self.permit.release()


def setup() -> Door:
    return Door()


def check(door: Door) -> bool:
    return door.permit.acquire(blocking=False) and not door.permit.acquire(blocking=False)


WORKERS = [Door.visit, Door.visit]
