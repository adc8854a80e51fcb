"""A ring buffer that overwrites what is oldest, under one lock."""

from __future__ import annotations

import threading


class Ring:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.slots: list[int | None] = [None] * 4
        self.begin = self.count = 0

    def put(self, item: int) -> None:
        with self.lock:
            end = (self.begin + self.count) % len(self.slots)
            self.slots[end] = item
            if self.count < len(self.slots):
                self.count = self.count + 1
            else:
                self.begin = (self.begin + 1) % len(self.slots)

    def get(self) -> int | None:
        with self.lock:
            if self.count == 0:
                return None
            item = self.slots[self.begin]
            self.slots[self.begin] = None
            self.begin = (self.begin + 1) % len(self.slots)
            self.count = self.count - 1
            return item


def setup() -> Ring:
    return Ring()


def put_two(ring: Ring) -> None:
    ring.put(1)
    ring.put(2)


def put_and_get(ring: Ring) -> None:
    ring.put(3)
    ring.get()


WORKERS = [put_two, put_and_get]


def check(ring: Ring) -> bool:
    return ring.count == 2 and sum(slot is not None for slot in ring.slots) == 2
