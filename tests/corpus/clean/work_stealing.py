"""A work-stealing deque: the owner takes its place at the bottom first and looks at the top then,
and who wants the last task competes for it.
"""

from __future__ import annotations

import threading


class Tasks:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.tasks = ["read", "sort", "write"]
        self.top = 0
        self.bottom = 3
        self.done: list[str] = []

    def advance_top(self, seen: int) -> bool:
        """Compare and set."""
        with self.lock:
            if self.top != seen:
                return False
            self.top = seen + 1
            return True

    def take(self) -> None:
        bottom = self.bottom - 1
        self.bottom = bottom
        top = self.top
        if top < bottom:
            self.done.append(self.tasks[bottom])
            return
        if top == bottom and self.advance_top(top):
            self.done.append(self.tasks[bottom])
        self.bottom = bottom + 1

    def steal(self) -> None:
        top = self.top
        if top >= self.bottom:
            return
        task = self.tasks[top]
        if self.advance_top(top):
            self.done.append(task)


def setup() -> Tasks:
    return Tasks()


def own(tasks: Tasks) -> None:
    tasks.take()
    tasks.take()


def thief(tasks: Tasks) -> None:
    tasks.steal()
    tasks.steal()


WORKERS = [own, thief]
EACH_ONCE = True


def check(tasks: Tasks) -> bool:
    return len(tasks.done) == len(set(tasks.done))
