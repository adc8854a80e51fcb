"""A count is read by one method and stored by another, both under the lock of who calls them."""

from __future__ import annotations

import threading


class Tally:
    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.counts: dict[str, int] = {}

    def get(self, key: str) -> int | None:
        with self.lock:
            return self.counts.get(key)

    def put(self, key: str, value: int) -> None:
        with self.lock:
            self.counts[key] = value

    def add(self, key: str) -> None:
        with self.lock:
            self.put(key, (self.get(key) or 0) + 1)


def setup() -> Tally:
    return Tally()


def count(tally: Tally) -> None:
    tally.add("a")


WORKERS = [count, count]
