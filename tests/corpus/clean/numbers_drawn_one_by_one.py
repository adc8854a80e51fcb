"""Numbers are drawn one by one under a lock; nobody has asked for numbers in a row."""

from threading import Lock


class Numbers:
    def __init__(self) -> None:
        self.lock = Lock()
        self.last = 0

    def draw(self) -> int:
        with self.lock:
            self.last += 1
            return self.last

    def draw_two(self) -> list[int]:
        return [self.draw() for _ in range(2)]


def setup() -> Numbers:
    return Numbers()


WORKERS = [Numbers.draw_two, Numbers.draw_two]
