"""Two pushes onto a heap written by hand exchange the same items."""

from __future__ import annotations

EXPECT = {"lost-update", "test-failure", "thread-exception"}
MAX_SCHEDULES = 300


class Heap:
    def __init__(self) -> None:
        self.items: list[int] = [0] * 9
        self.size = 0

    def push(self, item: int) -> None:
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
