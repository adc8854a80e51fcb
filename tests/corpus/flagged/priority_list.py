"""Two tasks are moved in a sorted linked list at once."""

from __future__ import annotations

EXPECT = {"lost-update", "no-progress", "test-failure", "thread-exception"}
MAX_SCHEDULES = 300


class Task:
    def __init__(self, priority: int) -> None:
        self.priority = priority
        self.following: Task | None = None


class Tasks:
    def __init__(self) -> None:
        self.head = Task(-1)
        self.tasks = [Task(1), Task(2)]
        for task in reversed(self.tasks):
            task.following = self.head.following
            self.head.following = task

    def move(self, task: Task, priority: int) -> None:
        before = self.head
        while before.following is not None and before.following is not task:
            before = before.following
        before.following = task.following
        task.priority = priority
        before = self.head
        while before.following is not None and before.following.priority < priority:
            before = before.following
        task.following = before.following
        before.following = task


def setup() -> Tasks:
    return Tasks()


def move_first(tasks: Tasks) -> None:
    tasks.move(tasks.tasks[0], 5)
    tasks.move(tasks.tasks[0], 0)


def move_second(tasks: Tasks) -> None:
    tasks.move(tasks.tasks[1], 4)
    tasks.move(tasks.tasks[1], 7)


WORKERS = [move_first, move_second]


def check(tasks: Tasks) -> bool:
    found, task = [], tasks.head.following
    while task is not None and len(found) < 5:
        found.append(task.priority)
        task = task.following
    return found == [0, 7]
