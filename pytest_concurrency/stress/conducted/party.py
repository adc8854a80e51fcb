"""A worker as one of those whose turns are decided: where it is, and what is known of it."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from pytest_concurrency import real_time as time
from pytest_concurrency.runtime.tasks.task import Task
from pytest_concurrency.runtime.trace.resource import Resource
from pytest_concurrency.stress.children.stillness import (
    Overdue,
    Stillness,
    waits_without_limit,
)
from pytest_concurrency.stress.outside.asking import Question
from pytest_concurrency.stress.outside.touch import Touch
from pytest_concurrency.stress.processes.turns import Asks

_LONG_SECONDS = 0.5
"""Who waits for so long waits, although somebody else works who might help."""
_LOOKS_AT_SLEEPERS = 3
_SPINS = 16
"""Who comes to the same touch so often in a row may be trying until another one has done something:
it might do so hundreds of times a second."""


@dataclass(slots=True)
class Party:
    """A worker, as a task."""

    worker: Asks
    task: Task
    still: Stillness | None
    overdue: Overdue | None
    stands_before: Question | None = None
    """What it has asked leave for; None: it runs, waits or has ended."""
    waits: bool = False
    """It has come to a halt in what it was allowed to do."""
    silent_since: float = 0.0
    slept: int = 0
    """At how many looks in a row it slept by the clock."""
    came_late: int = -1
    """Steps that all had passed when it came and others were to go first; -1: they are not, or it
    has been let go since."""
    doubtful: bool = False
    """Others have run since it was known whether the lock is free that it stands before."""
    same: Hashable = None
    """What it came to last."""
    times: int = 0
    """How often in a row it has come to that."""
    latest: Touch | None = None
    """What it was allowed to do last."""
    taking: tuple[Resource, int] | None = None
    """The lock that it takes, and where."""
    giving: tuple[Resource, int] | None = None

    @classmethod
    def of(cls, worker: Asks, task: Task, seconds: float) -> Party:
        """Make one of a worker that may run for so many seconds."""
        pid = worker.pid
        if pid is None:
            return cls(worker, task, None, None)
        return cls(worker, task, Stillness(pid), Overdue(pid, seconds))

    def look(self, everybody: Stillness) -> None:
        """See whether it waits for another one, or sleeps while others could run; ``everybody``:
        this process, and all that it has started."""
        if self.still is None:
            return
        state = self.still.look()
        self.slept = self.slept + 1 if state == "sleeping" else 0
        self.waits = self.slept >= _LOOKS_AT_SLEEPERS
        if state == "waiting":
            nobody_helps = everybody.look() in ("waiting", "sleeping")
            self.waits = nobody_helps or time.monotonic() - self.silent_since > _LONG_SECONDS

    def look_again(self) -> None:
        """See whether it goes on, since another one has run."""
        if self.waits and self.still is not None:
            state = self.still.look()
            self.waits = state == "waiting" or (self.slept > 0 and state == "sleeping")

    def is_let(self) -> None:
        """It has leave for what it stands before."""
        self.stands_before, self.came_late, self.slept = None, -1, 0
        self.silent_since = time.monotonic()
        if self.still is not None:
            self.still.forget()

    def seems_to_spin(self, same: Hashable) -> bool:
        """Take note of what it has come to; return whether it was too often in a row."""
        self.times = self.times + 1 if same == self.same else 1
        self.same = same
        return self.times >= _SPINS

    @property
    def runs(self) -> bool:
        """Whether it does what it was allowed to do."""
        return self.stands_before is None and not self.waits and not self.task.done

    @property
    def can_go_on(self) -> bool:
        """Whether it stands before something that it would not have to wait for."""
        return self.stands_before is not None and self.stands_before.is_free is not False

    @property
    def waits_for_good(self) -> bool:
        """Whether it is in a system call that no clock ends."""
        pid = self.worker.pid
        return pid is not None and waits_without_limit(pid)
