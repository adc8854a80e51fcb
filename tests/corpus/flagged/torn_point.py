"""Both coordinates are written under the lock, and read without it. Nobody checks."""

from threading import Lock

EXPECT = {"atomicity-violation"}
MAX_SCHEDULES = 50


class Point:
    def __init__(self) -> None:
        self.lock = Lock()
        self.x = self.y = 0

    def move(self, step: int) -> None:
        with self.lock:
            self.x += step
            self.y += step

    def where(self) -> tuple[int, int]:
        return self.x, self.y


def setup() -> Point:
    return Point()


def move(point: Point) -> None:
    point.move(1)


WORKERS = [move, Point.where]
EACH_ONCE = True
