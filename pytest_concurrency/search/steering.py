"""Steers a search to what its executions predict: threads that take locks in a circle are led into
the deadlock.

Such an execution is one of the search like any other, and what it shows is judged as ever. Nothing
is claimed of a circle that no execution has closed: it is a note.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice

from pytest_concurrency.detect.detector import Again
from pytest_concurrency.detect.hazards.given_up import circle, place_of
from pytest_concurrency.detect.hazards.lock_order import FoundInversion, places_of
from pytest_concurrency.detect.locking.held import MOST_NOTED, nested
from pytest_concurrency.detect.locking.order import Cycle, Segments, cycles, last_event
from pytest_concurrency.detect.observation import Observation
from pytest_concurrency.kinds import LOCK_ORDER_INVERSION
from pytest_concurrency.model import Hazard
from pytest_concurrency.runtime.tasks.protocols import Strategy
from pytest_concurrency.runtime.trace.event import Log, site_number, thread_of
from pytest_concurrency.search.execution.choices import Choices
from pytest_concurrency.search.execution.learning import Learning
from pytest_concurrency.search.findings import MOST
from pytest_concurrency.search.orders.crossing import Crossing, Pause
from pytest_concurrency.search.orders.fair import Fair
from pytest_concurrency.search.orders.follow import Follow
from pytest_concurrency.search.strategies.random_walk import RandomWalk

ATTEMPTS = 50
"""Executions that are steered to one circle."""
_AT_ONCE = 4
"""Those of them that come first; of the others one in so many executions of the search is."""
_ONE_IN = 8
_MOST_CIRCLES = 20
"""Of one search."""


@dataclass(slots=True)
class _Target:
    """A circle, and what has been tried."""

    cycle: Cycle
    observation: Observation
    """That has shown it."""
    number: int
    """Of that execution."""
    attempts: int = 0
    is_free: bool = False
    """Whether no signal orders it: not what an event, a queue or a future is waited for."""


class Steering:
    """The circles of one search."""

    def __init__(self, learning: Learning, preemptions: int | None) -> None:
        self._learning = learning
        self._preemptions = preemptions
        """Most that an execution may have; None: any number."""
        self._shapes: set[object] = set()
        """How locks were nested in executions that have been gone through."""
        self._targets: dict[object, _Target] = {}
        self._closed: set[frozenset[tuple[str, int]]] = set()
        """Where threads stood in deadlocks that have happened."""
        self._since = 0
        """Executions since the last one that was steered."""

    def note(self, observation: Observation, number: int) -> None:
        """Take note of how locks are taken in the ``number``-th execution, the first one of its
        interleaving.
        """
        execution = observation.execution
        if execution.outcome == "deadlock":
            self._closed.add(frozenset(map(place_of, circle(execution.states))))
        if len(execution.noted) > MOST_NOTED:
            return
        shape = nested(execution.noted)
        if not shape or shape in self._shapes:
            return
        self._shapes.add(shape)
        log, noted, held = execution.log, execution.noted, observation.locks_held
        signals = None
        for cycle in cycles(log, noted, held):
            target = self._targets.get(cycle.identity)
            if target is None:
                if len(self._targets) >= _MOST_CIRCLES:
                    return
                target = self._targets[cycle.identity] = _Target(cycle, observation, number)
            if not target.is_free:
                signals = signals or Segments(noted, held, by_signals=True)
                target.is_free = signals.are_concurrent(cycle.edges)

    def next_order(self) -> Strategy | None:
        """Return the order of an execution that is to close a circle, if it is time for one."""
        if not self._targets:
            return None
        self._since += 1
        for target in self._targets.values():
            is_due = target.attempts < _AT_ONCE or self._since >= _ONE_IN
            if is_due and target.attempts < self._most(target) and not self._is_closed(target):
                target.attempts += 1
                self._since = 0
                return self._order(target)
        return None

    def _most(self, target: _Target) -> int:
        """Return how many attempts a circle is worth: all but one of its threads are preempted."""
        if self._preemptions is None:
            return ATTEMPTS
        return int(self._preemptions >= len(target.cycle.edges) - 1)

    def _order(self, target: _Target) -> Strategy:
        """Return the order of the next attempt: first as little as possible is changed."""
        log = target.observation.execution.log
        pauses = dict(_pauses(log, target.cycle))
        number = target.attempts
        if number == 1:
            return Crossing(Fair(), pauses)
        if number == 2:
            return Crossing(Follow(log), pauses)
        choices = Choices("crossing", number)
        walk = RandomWalk(choices, self._learning)
        walk.everywhere = True
        walk.prepare()
        at_site = partial(_throw, choices) if number % 2 else None
        return Crossing(walk, pauses, at_site)

    def notes(self, again: Again | None) -> Iterator[Hazard]:
        """Yield the circles that no execution has closed; their names need another execution."""
        for target in islice(filter(self._is_open, self._targets.values()), MOST):
            observation, attempts = target.observation, target.attempts
            kind, cycle = LOCK_ORDER_INVERSION, target.cycle
            found = FoundInversion(kind, observation, cycle, attempts)
            yield replace(found.tell(again), schedule_index=target.number)

    def _is_open(self, target: _Target) -> bool:
        return target.is_free and not self._is_closed(target)

    def _is_closed(self, target: _Target) -> bool:
        places = places_of(target.observation.execution.log, target.cycle)
        return any(places <= each for each in self._closed)


def _throw(choices: Choices) -> bool:
    return choices.below(2) == 0


def _pauses(log: Log, cycle: Cycle) -> Iterator[tuple[int, Pause]]:
    """Yield by thread where it is about to take the lock that another one holds."""
    for edge in cycle.edges:
        index = last_event(log, edge.thread, edge.inner_taken.position)
        number = sum(thread_of(event) == edge.thread for event in log[: max(index, 0)])
        yield edge.thread, Pause(number, site_number(log[index]))
