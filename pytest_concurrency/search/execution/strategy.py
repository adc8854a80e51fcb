"""What a search needs of a strategy, besides what the baton needs."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from pytest_concurrency.detect.observation import Execution
from pytest_concurrency.runtime.tasks.protocols import Strategy
from pytest_concurrency.search.execution.choices import Choices
from pytest_concurrency.search.execution.learning import Learning


class Start(NamedTuple):
    """What a strategy is made from, for one search."""

    choices: Choices
    """Where all chance comes from."""
    learning: Learning
    """Where threads conflict, as far as it is known."""
    preemptions: int | None = None
    """Most preemptions of a schedule; None: any number. For those that can keep to it."""
    job: int = 0
    """Which one it is of several jobs that share the search."""
    schedules: int = 0
    """How many executions there will be at most; 0: nobody knows."""


class Covered(NamedTuple):
    """Schedules that have all been run."""

    preemptions: int
    """Those with at most so many preemptions; -1: any number."""
    schedules: int
    """How many there are."""
    is_reduced: bool = False
    """Whether these are interleavings: of the schedules that come down to the same order of
    conflicting operations one at least has been run.
    """


class SearchStrategy(Strategy, Protocol):
    """Chooses the schedules of one execution after another."""

    @property
    def finished(self) -> bool:
        """Whether there is no other schedule to run."""
        ...

    @property
    def covered(self) -> Covered | None:
        """What has been run without a gap; None if nothing can be said."""
        ...

    @property
    def leaves_out(self) -> bool:
        """Whether the execution that has been prepared may leave out what no two threads conflict
        with, as far as is known (``leaving_out.py``).
        """
        ...

    def prepare(self) -> None:
        """Settle what the next execution will be; where each one has a process of its own, this is
        called in the one that goes on.
        """
        ...

    def learn(self, execution: Execution) -> None:
        """Take note of what the execution did, in the same process as ``prepare``."""
        ...
