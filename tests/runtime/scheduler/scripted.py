"""The scheduler without pytest, instrumentation or a clock: tasks that call it themselves, under
strategies that say what they are told.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

from pytest_concurrency.runtime.scheduler.baton import Baton
from pytest_concurrency.runtime.tasks.protocols import SHORT_WAIT_SECONDS, View
from pytest_concurrency.runtime.tasks.task import Abort, Task, Waiting
from pytest_concurrency.runtime.trace.pending import Operation
from pytest_concurrency.runtime.trace.sites import INTERNAL

LIMIT = 1000
Switch = tuple[int, int, int]


class Scripted:
    """Goes by a list of task indices, one for each choice; then lets the running task go on."""

    longest_early_wait = SHORT_WAIT_SECONDS
    offers: Sequence[Any] = ()

    def __init__(self, *choices: int, points: int = 0) -> None:
        self.left = list(choices)
        self.points = points
        """How many points it grants."""
        self.offered: list[list[int]] = []
        self.changes = 0

    def begin(self, view: View) -> bytearray | None:
        self.view = view
        return None

    def changed(self) -> None:
        self.changes += 1

    def choose(self, enabled: list[Task], task: Task) -> Task:
        self.offered.append([each.index for each in enabled])
        wanted = self.left.pop(0) if self.left else task.index
        return next((each for each in enabled if each.index == wanted), enabled[0])

    def hurry(self, sleepers: list[Task], task: Task) -> Task | None:
        return None

    def grant(self, task: Task, enabled: list[Task]) -> int:
        return self.points


class Repeating(Scripted):
    """Repeats the switches that an execution has recorded; else the running task goes on, or the
    first.
    """

    def __init__(self, switches: Sequence[Switch]) -> None:
        super().__init__()
        self._switches = {switch[:2]: switch[2] for switch in switches}

    def choose(self, enabled: list[Task], task: Task) -> Task:
        to = self._switches.get((task.index, task.steps))
        default = task if task in enabled else enabled[0]
        return next((each for each in enabled if each.index == to), default)


def point(baton: Baton, target: object = None, *, waits: bool = False) -> None:
    """Pass a scheduling point, as the helpers of instrumented code do."""
    assert baton.holder() is not None
    baton.budget = left = baton.budget - 1
    if left < 0:
        baton.consult(Operation(INTERNAL, id(target), "", "call", waits))


def acquire(baton: Baton, lock: threading.Lock) -> None:
    """Take a lock under the scheduler, without its helpers."""
    point(baton, lock, waits=True)
    task = baton.current
    assert task is not None
    while not lock.acquire(False):
        again = Operation(INTERNAL, id(lock), "", "acquire", True)
        baton.block(task, Waiting("lock", lock), id(lock), None, again)
    baton.owners[id(lock)] = (lock, task)


def release(baton: Baton, lock: threading.Lock) -> None:
    """Give it back."""
    point(baton, lock)
    lock.release()
    baton.owners.pop(id(lock), None)
    baton.wake(id(lock))


def sleep(baton: Baton, seconds: float) -> bool:
    """Wait for virtual time to pass; return whether somebody has ended the wait before."""
    task = baton.current
    assert task is not None
    nobody = object()
    return baton.block(task, Waiting("sleep", nobody), id(nobody), seconds)


def run(
    baton: Baton, strategy: Scripted, *jobs: Callable[[], object], limit: int = LIMIT
) -> list[Task]:
    """Run an execution of ``jobs`` at once; return their tasks."""
    baton.begin(strategy, limit=limit)
    tasks: list[Task] = []
    try:
        tasks = baton.run_together(jobs)
        baton.linger()
    except Abort:
        tasks = baton.tasks[1:]
    finally:
        baton.end()
    return tasks
