"""Two containers grow in one critical section; how much is in each is asked without the lock."""

from __future__ import annotations

import threading

EXPECT = {"atomicity-violation"}
MAX_SCHEDULES = 50


class Registry:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.items: dict[str, int] = {}
        self.order: list[str] = []

    def add(self, key: str, value: int) -> None:
        with self.lock:
            self.items[key] = value
            self.order.append(key)

    def sizes(self) -> tuple[int, int]:
        return len(self.items), len(self.order)


def setup() -> Registry:
    return Registry()


def adds(registry: Registry) -> None:
    registry.add("a", 1)


def asks(registry: Registry) -> None:
    registry.sizes()


WORKERS = [adds, asks]
