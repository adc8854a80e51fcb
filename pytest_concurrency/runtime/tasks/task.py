"""The parties of an execution: tasks, groups of them, what they wait for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from threading import Thread
from typing import Any, NamedTuple

from pytest_concurrency._compat import could_take_again
from pytest_concurrency.runtime.system.gate import Gate, closed_lock
from pytest_concurrency.runtime.trace.pending import Operation

FREE = 1 << 40
"""A grant that is never used up."""


class Abort(BaseException):
    """Raised in a task's thread to unwind it when its execution has ended (deadlock, limit,
    leftover thread).
    """


class Waiting(NamedTuple):
    """What a blocked task waits for."""

    kind: str
    target: Any

    def is_over(self) -> bool:
        """Whether somebody out of sight has given what is waited for."""
        if self.kind == "lock":
            if could_take_again(self.target) or not self.target.acquire(False):
                return False
            self.target.release()
            return True
        if self.kind == "descriptor":
            return bool(self.target.are_ready())
        return self.kind == "queue" and not self.target.empty()


@dataclass(order=True, slots=True)
class Timer:
    """A wait that runs out: what ends first, and of those that end at one time what began first."""

    when: float
    """Virtual seconds."""
    began: int
    """Grows from wait to wait."""
    task: Task | None = field(compare=False)
    """None as soon as it has ended otherwise."""
    length: float = field(compare=False)
    """Seconds; infinite if it may not run out while others can go on."""
    key: int = field(compare=False)
    """Of what is waited for."""


class Group:
    """Tasks that somebody waits for together."""

    __slots__ = ("left",)

    def __init__(self, left: int) -> None:
        self.left = left


class Task:
    """A managed thread of one execution."""

    __slots__ = (
        "_name",
        "blocked_on",
        "daemon",
        "done",
        "error",
        "gate",
        "group",
        "ident",
        "index",
        "jobs",
        "native_id",
        "operation",
        "origin",
        "outside",
        "result",
        "run",
        "running",
        "steps",
        "thread",
        "timer",
        "woken",
    )

    def __init__(
        self,
        index: int,
        name: str,
        gate: Gate,
        run: Callable[[], Any] | None,
        group: Group | None = None,
    ) -> None:
        self.index = index
        self._name = name
        self.gate = gate
        self.run = run
        self.ident = self.native_id = 0
        self.steps = 0
        """Scheduling points passed: the coordinate of replay tokens."""
        self.operation: Operation | None = None
        """What it stands before, if the strategy has been asked there and let another go on."""
        self.blocked_on: object = None
        self.timer: Timer | None = None
        self.woken = False
        """Set by whoever ends a wait; a wait that ends without it has timed out."""
        self.done = False
        self.group = group
        self.daemon = False
        self.running = False
        """Whether it holds the baton and its thread runs the program's own code. Not while that is
        in the scheduler, or has not woken up yet: then nobody can take the baton away from it.
        """
        self.outside = False
        """Blocked where the scheduler cannot see it; it gave up the baton involuntarily."""
        self.result: Any = None
        self.error: BaseException | None = None
        self.origin: tuple[str, int, str] | None = None
        """Where the program started it: path, line, function."""
        self.thread: Thread | None = None
        """What ``threading.current_thread()`` is in it, if it runs on a thread of the pool."""
        self.jobs: Any = None
        """The queue that it takes jobs from if it is an executor's worker."""

    @property
    def name(self) -> str:
        """What a person calls it."""
        return self._name or f"thread {self.index}"


by_index = attrgetter("index")
_TASK = "@task"
"""Instance attribute that ties a Thread to its task; no identifier, so no program can clash with
it.
"""


def tie(thread: Thread, task: Task) -> None:
    """Make ``task`` the one that ``thread`` runs."""
    thread.__dict__[_TASK] = task


def task_of(thread: Thread, tasks: Sequence[Task]) -> Task | None:
    """Return the thread's task in the execution that has these tasks."""
    task: Task | None = thread.__dict__.get(_TASK)
    if task is not None and task.index < len(tasks) and tasks[task.index] is task:
        return task
    return None


NOT_STARTED: Gate = closed_lock()
"""Stands in for the gate of a task that has no thread yet."""
NOBODY = Task(-1, "nobody", NOT_STARTED, None)
"""Stands in for the holder while every task is blocked and one of them outside our sight."""
