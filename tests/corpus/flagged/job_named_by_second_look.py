"""A number is drawn under the lock, but the name is made of another look: two get one name."""

from __future__ import annotations

import threading

EXPECT = {"stale-read"}
MAX_SCHEDULES = 100


class Namer:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.drawn = 0

    def name(self) -> str:
        with self.lock:
            self.drawn += 1
        return f"job-{self.drawn}"


def setup() -> Namer:
    return Namer()


WORKERS = [Namer.name, Namer.name]
