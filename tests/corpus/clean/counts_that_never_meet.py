"""Hits and misses are counted under one lock, each when it happens; nothing follows from a sum that
is shown without it."""

from threading import Lock


class Stats:
    def __init__(self) -> None:
        self.lock = Lock()
        self.hits = self.misses = 0

    def hit(self) -> None:
        with self.lock:
            self.hits += 1

    def miss(self) -> None:
        with self.lock:
            self.misses += 1

    def shown(self) -> str:
        return f"{self.hits} hits, {self.misses} misses"


def setup() -> Stats:
    return Stats()


def count(stats: Stats) -> None:
    stats.hit()
    stats.miss()


def show(stats: Stats) -> None:
    stats.shown()


WORKERS = [count, show]
