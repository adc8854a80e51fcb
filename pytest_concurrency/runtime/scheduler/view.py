"""What strategies see of an execution."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_concurrency.runtime.scheduler.decisions import Decisions
from pytest_concurrency.runtime.tasks.task import Task, Timer
from pytest_concurrency.runtime.trace.event import Event
from pytest_concurrency.runtime.trace.synchronisation import Noted


class ReadOnly:
    """The scheduler's state as ``protocols.View``: to be read only."""

    __slots__ = ("_decisions",)

    def __init__(self, decisions: Decisions) -> None:
        self._decisions = decisions

    @property
    def tasks(self) -> Sequence[Task]:
        """All tasks so far, by index."""
        return self._decisions.tasks

    @property
    def enabled(self) -> Sequence[Task]:
        """Those that can go on, by index."""
        return self._decisions.enabled

    @property
    def timers(self) -> Sequence[Timer]:
        """The waits that may run out, as a heap."""
        return self._decisions.clock.timers

    @property
    def clock(self) -> float:
        """Virtual time in seconds."""
        return self._decisions.clock.now

    @property
    def total(self) -> int:
        """Scheduling points passed by all tasks, as of the last decision."""
        return self._decisions.total

    @property
    def passed(self) -> int:
        """Those of them where the heat is on."""
        return self._decisions.passed

    @property
    def log(self) -> Sequence[Event]:
        """The events so far."""
        return self._decisions.record.log

    @property
    def noted(self) -> Sequence[Noted]:
        """How threads have met so far, other than at scheduling points."""
        return self._decisions.record.noted

    def number_at(self, target: int) -> int | None:
        """Return the number of the object with this ``id``; None if it has none yet."""
        return self._decisions.record.number_at(target)

    def runnable(self) -> list[Task]:
        """Return those that can go on and wait for no lock that another one holds."""
        return self._decisions.runnable()
