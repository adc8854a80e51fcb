"""What is seen of an execution of processes: by strategies while it goes on, and by those who judge
it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pytest_concurrency.detect.observation import Execution
from pytest_concurrency.model import ThreadState
from pytest_concurrency.runtime.tasks.protocols import Strategy
from pytest_concurrency.runtime.tasks.task import NOT_STARTED, Task, Timer
from pytest_concurrency.runtime.trace.synchronisation import Noted
from pytest_concurrency.stress.conducted.choosing import Choosing
from pytest_concurrency.stress.conducted.written_down import WrittenDown
from pytest_concurrency.stress.outside.touch import Touch, are_entries


class Seen:
    """A ``View`` for strategies: there is no clock, and nobody's wait runs out early."""

    def __init__(self, strategy: Strategy, *, in_full: bool = False) -> None:
        self.tasks: list[Task] = [Task(0, "main", NOT_STARTED, None)]
        self.timers: Sequence[Timer] = ()
        self.clock = 0.0
        self.total = 0
        self.written = WrittenDown(in_full=in_full)
        self.outcome = ""
        self.states: tuple[ThreadState, ...] = ()
        self.touches: list[list[Touch]] = []
        """What each process has asked for."""
        self._strategy = strategy
        self._choosing = Choosing(strategy)

    @property
    def log(self) -> Sequence[Any]:
        """The events so far."""
        return self.written.log

    @property
    def noted(self) -> Sequence[Noted]:
        """How they have met otherwise."""
        return self.written.noted

    def number_at(self, target: int) -> int | None:
        """Locations are numbered when they are met."""
        return target

    @property
    def enabled(self) -> list[Task]:
        """Those that can go on."""
        return self._choosing.enabled

    @property
    def passed(self) -> int:
        """Touches at which the strategy could have been asked."""
        return self._choosing.passed

    def runnable(self) -> list[Task]:
        """Return those that can go on."""
        return self.enabled

    def execution(self) -> Execution:
        """Describe what has been executed."""
        self.written.settle()
        return Execution(
            self.outcome,
            self._choosing.switches,
            self._choosing.preemptions,
            self.total,
            self.written.log,
            len(self.tasks),
            (),
            self.states,
            0,
            self.passed,
            self._strategy.offers,
            noted=self.noted,
        )

    def main_touched(self, touches: Sequence[Touch]) -> None:
        """Take note of what the test itself has done, while no worker was there."""
        main = self.tasks[0]
        for touch in touches:
            main.steps += not are_entries(touch.location)
            self.written.add(self.written.event_of(0, touch), touch, main.steps)
