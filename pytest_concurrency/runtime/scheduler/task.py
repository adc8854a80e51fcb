"""The parties of an execution: tasks, groups of them, and the strategy that chooses among them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from threading import Thread
from types import FrameType
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from pytest_concurrency.runtime.system.gate import Gate, closed_lock

if TYPE_CHECKING:
    from pytest_concurrency.runtime.scheduler.baton import Baton
    from pytest_concurrency.runtime.scheduler.operation import Operation
    from pytest_concurrency.runtime.trace.event import Event

FREE = 1 << 40
"""A grant that is never used up."""


class Abort(BaseException):
    """Raised in a task's thread to unwind it when its execution has ended (deadlock, limit,
    leftover thread).
    """


class Strategy(Protocol):
    """Chooses who runs. Implementations live in ``search/strategies``."""

    def begin(self, baton: Baton) -> None:
        """Prepare for an execution of ``baton``."""
        ...

    def changed(self) -> None:
        """Take note that the set of runnable tasks has changed; the next choice comes early."""
        ...

    def choose(self, enabled: list[Task], task: Task) -> Task:
        """Pick from ``enabled`` (sorted by index, at least two); ``task`` held the baton, and is
        in it or not.
        """
        ...

    def hurry(self, sleepers: list[Task], task: Task) -> Task | None:
        """Pick one of ``sleepers``, whose wait may run out now, to go on; None: none of them."""
        ...

    def grant(self, task: Task, enabled: list[Task]) -> int:
        """Say how many scheduling points ``task`` may pass before being asked again (``FREE``: no
        limit).
        """
        ...


class Observer(Protocol):
    """Watches the one execution that is shown; called by the holder."""

    def observe(self, event: Event, obj: object, name: object, /) -> None:
        """Take note of an event of the log, which is about to take place."""
        ...

    def blocked(self, task: Task, /) -> None:
        """Take note that the calling thread waits now, for ``task.blocked_on``."""
        ...

    def resumed(self, task: Task, /) -> None:
        """Take note that it goes on."""
        ...

    def names(self, objects: Sequence[object], frames: Iterable[FrameType], /) -> dict[int, str]:
        """Name what threads hold and wait for where an execution ends, as
        ``lock_names.names_of``.
        """
        ...


class Waiting(NamedTuple):
    """What a blocked task waits for."""

    kind: str
    target: Any

    def is_over(self) -> bool:
        """Whether somebody out of sight has given what is waited for."""
        if self.kind == "lock":
            if _is_mine(self.target) or not self.target.acquire(False):
                return False
            self.target.release()
            return True
        if self.kind == "descriptor":
            return bool(self.target.are_ready())
        return self.kind == "queue" and not self.target.empty()


def _is_mine(lock: Any) -> bool:
    """Whether the calling thread, which waits as well, holds a lock that it could take again."""
    asked = getattr(lock, "_is_owned", None) or getattr(lock, "_is_mine", None)
    return asked is not None and asked()


class Group:
    """Tasks that somebody waits for together."""

    __slots__ = ("left",)

    def __init__(self, left: int) -> None:
        self.left = left


class Task:
    """A managed thread of one execution."""

    __slots__ = (
        "blocked_on",
        "daemon",
        "done",
        "error",
        "gate",
        "group",
        "ident",
        "index",
        "jobs",
        "name",
        "native_id",
        "operation",
        "origin",
        "outside",
        "result",
        "run",
        "steps",
        "thread",
        "timer",
        "woken",
    )

    def __init__(self, index: int, name: str, gate: Gate, run: Callable[[], Any] | None) -> None:
        self.index = index
        self.name = name or f"thread {index}"
        self.gate = gate
        self.run = run
        self.ident = self.native_id = 0
        self.steps = 0
        """Scheduling points passed: the coordinate of replay tokens."""
        self.operation: Operation | None = None
        """What it stands before, if the strategy has been asked there and let another go on."""
        self.blocked_on: object = None
        self.timer: list[Any] | None = None
        self.woken = False
        """Set by whoever ends a wait; a wait that ends without it has timed out."""
        self.done = False
        self.group: Group | None = None
        self.daemon = False
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


_TASK = "@task"
"""Instance attribute that ties a Thread to its task; no identifier, so no program can clash with
it.
"""


def tie(thread: Thread, task: Task) -> None:
    """Make ``task`` the one that ``thread`` runs."""
    thread.__dict__[_TASK] = task


def task_of(thread: Thread, baton: Baton) -> Task | None:
    """Return the thread's task in the current execution."""
    task: Task | None = thread.__dict__.get(_TASK)
    if task is not None and task.index < len(baton.tasks) and baton.tasks[task.index] is task:
        return task
    return None


NOT_STARTED: Gate = closed_lock()
"""Stands in for the gate of a task that has no thread yet."""
NOBODY = Task(-1, "nobody", NOT_STARTED, None)
"""Stands in for the holder while every task is blocked and one of them outside our sight."""
