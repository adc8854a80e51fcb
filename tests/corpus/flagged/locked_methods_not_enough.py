"""``is_empty`` and ``pop`` are each locked; asking one and then calling the other is not."""

import threading

EXPECT = {"thread-exception", "test-failure"}
MAX_SCHEDULES = 100


class Stack:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._items = [1]

    def is_empty(self) -> bool:
        with self._lock:
            return not self._items

    def pop(self) -> int:
        with self._lock:
            return self._items.pop()


def setup() -> Stack:
    return Stack()


def take(stack: Stack) -> None:
    if not stack.is_empty():
        stack.pop()


WORKERS = [take, take]
