"""Both coordinates are written and read under the lock."""

from threading import Lock


class Point:
    def __init__(self) -> None:
        self.lock = Lock()
        self.x = self.y = 0

    def move(self, step: int) -> None:
        with self.lock:
            self.x += step
            self.y += step

    def where(self) -> tuple[int, int]:
        with self.lock:
            return self.x, self.y


def setup() -> Point:
    return Point()


def move(point: Point) -> None:
    point.move(1)


WORKERS = [move, Point.where, Point.where]
