"""A buffer with one lock and two conditions, one for each kind of waiting."""

import threading
from collections import deque

SEQUENTIAL = False


class Buffer:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.not_full = threading.Condition(self.lock)
        self.not_empty = threading.Condition(self.lock)
        self.items: deque[int] = deque()
        self.got: list[int] = []

    def put(self, item: int) -> None:
        with self.not_full:
            while len(self.items) >= 1:
                self.not_full.wait()
            self.items.append(item)
            self.not_empty.notify()

    def get(self) -> None:
        with self.not_empty:
            while not self.items:
                self.not_empty.wait()
            self.got.append(self.items.popleft())
            self.not_full.notify()


def setup() -> Buffer:
    return Buffer()


def produce_one(buffer: Buffer) -> None:
    buffer.put(1)


def produce_two(buffer: Buffer) -> None:
    buffer.put(2)


WORKERS = [Buffer.get, Buffer.get, produce_one, produce_two]


def check(buffer: Buffer) -> bool:
    return sorted(buffer.got) == [1, 2]
