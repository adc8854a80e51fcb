"""A heap written by hand, each push under one lock."""

from __future__ import annotations

import threading


class Heap:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.items: list[int] = [0] * 9
        self.size = 0

    def push(self, item: int) -> None:
        with self.lock:
            place = self.size
            self.size = place + 1
            self.items[place] = item
            while place > 0:
                above = (place - 1) // 2
                if self.items[above] <= self.items[place]:
                    break
                kept = self.items[above]
                self.items[above] = self.items[place]
                self.items[place] = kept
                place = above


def setup() -> Heap:
    return Heap()


def push_falling(heap: Heap) -> None:
    heap.push(5)
    heap.push(3)


def push_lower(heap: Heap) -> None:
    heap.push(4)
    heap.push(1)


WORKERS = [push_falling, push_lower]


def check(heap: Heap) -> bool:
    return sorted(heap.items[: heap.size]) == [1, 3, 4, 5] and heap.items[0] == 1
