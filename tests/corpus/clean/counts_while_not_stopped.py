"""One counts as long as nobody has stopped it, the other one looks at the count and stops it."""

from __future__ import annotations

EACH_ONCE = True


class Meter:
    def __init__(self) -> None:
        self.stopped = False
        self.count = 0

    def tick(self) -> None:
        if not self.stopped:
            self.count += 1

    def stop(self) -> None:
        if self.count > 5:
            print("a busy day")
        self.stopped = True


def setup() -> Meter:
    return Meter()


WORKERS = [Meter.tick, Meter.stop]
