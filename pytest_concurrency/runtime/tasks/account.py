"""What is told of an execution when it has ended, besides its record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pytest_concurrency.runtime.tasks.task import Task
from pytest_concurrency.runtime.trace.failed_jobs import FailedJobs
from pytest_concurrency.runtime.trace.resource import Resource


class Account:
    """One execution's; the scheduler fills it in."""

    __slots__ = (
        "failed_jobs",
        "hurried",
        "kept_locks",
        "leaked",
        "lost_sight",
        "mistake",
        "offers",
        "outcome",
        "preemptions",
        "states",
        "switches",
        "unfinished",
    )

    def __init__(self) -> None:
        self.outcome = ""
        """Why it was given up; empty if it came to its end."""
        self.states: Any = None
        """Where its tasks stood then."""
        self.switches: list[tuple[int, int, int]] = []
        """Whose turn ended after how many steps, and whose followed, where that was a choice."""
        self.preemptions = 0
        """Switches that nobody needed."""
        self.hurried: list[tuple[int, float]] = []
        """Waits that ran out while others could go on: the task's index, seconds."""
        self.lost_sight = False
        """Whether a task was blocked where the scheduler could not see it."""
        self.unfinished: list[Task] = []
        """Tasks that had to be unwound at the end."""
        self.leaked: list[tuple[Task, object]] = []
        """Tasks that have outlived the body, and what they wait for."""
        self.kept_locks: Sequence[tuple[int, Resource]] = ()
        """Which threads have ended while they held a lock, and which lock that is."""
        self.failed_jobs = FailedJobs()
        self.offers: Sequence[Any] = ()
        """What the strategy wants to be told of the execution."""
        self.mistake: Exception | None = None
        """What the strategy, or an extension, has raised."""
