"""What the workers of a test come to one after another, and whether that explains what they come
to at once.

An outcome is *serialisable* if some order of the workers has it; where each worker is one call of
one object, that object is then as if its calls took place at one moment each (linearisability:
Herlihy and Wing, "Linearizability: A Correctness Condition for Concurrent Objects", ACM TOPLAS 12
(3), 1990; in practice: Koval et al., "Lincheck: A Practical Framework for Testing Concurrent Data
Structures on JVM", CAV 2023). A worker that makes several calls may be interrupted between
them: then all orders of whole calls are tried.

Each order is executed. Where one order has two outcomes (time, chance, addresses), what differs
says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from itertools import islice, permutations
from math import comb
from typing import Protocol

from pytest_concurrency.detect.observation import Execution, Observation
from pytest_concurrency.detect.outcome import Outcome, Path, differences
from pytest_concurrency.detect.outcomes.calls import following, is_one_call
from pytest_concurrency.model import Schedule
from pytest_concurrency.runtime.trace.operations import WAIT

MOST_ORDERS = 24
"""Orders of the workers: all of four. Of more, nothing is claimed if none of these explains."""
_MOST_CALL_ORDERS = 100
"""Orders of calls. Nothing is claimed if there are more, and none of these explains."""
_HOPELESS = 100 * _MOST_CALL_ORDERS
"""Not even tried are so many, counted by the calls that workers make one after another: at once
they may make some less.
"""
_ENOUGH = 20
"""Calls of one worker among as many others have more orders than that."""


class Runs(Protocol):
    """Executions that are asked for."""

    def in_turn(self, order: Sequence[int], *, otherwise: bool = False) -> Observation:
        """Execute the workers one after another; ``otherwise``: with another time, other chance
        and other addresses.
        """
        ...

    def call_by_call(self, picks: Sequence[int], whole: Set[int]) -> Observation:
        """Execute one order of whole calls."""
        ...


class Wanted:
    """What of an outcome can be judged. It keeps nothing of the program."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        """What any execution has told of its state."""
        self.is_over = False
        """Whether nothing can be claimed at all: there are no serial executions."""
        self._too_many: dict[bool, int] = {}
        """By whether they do alike: workers whose calls have too many orders to claim anything."""

    def is_nothing(self, workers: int, are_alike: Callable[[], bool]) -> bool:
        """Whether nothing will be claimed of so many workers, whatever they come to; whether they
        do alike is only asked where it matters, as this is asked after each execution.
        """
        if self.is_over or not self._too_many:
            return self.is_over
        too_many = self._too_many.get(are_alike())
        return too_many is not None and workers >= too_many

    def note_too_many(self, workers: int, *, are_alike: bool) -> None:
        """Take note that there are too many orders of calls: of more workers there are more, and
        what is known of their calls only grows.
        """
        self._too_many[are_alike] = min(workers, self._too_many.get(are_alike, workers))


class SerialOutcomes:
    """The outcomes of one test with so many workers; each order is run when it is asked for."""

    def __init__(self, runs: Runs) -> None:
        self._runs = runs
        self._known: list[tuple[tuple[int, ...], Outcome]] = []
        """By order."""
        self._tried: set[tuple[int, ...]] = set()
        self._of_calls: list[Outcome] = []
        self._calls_left = _MOST_CALL_ORDERS
        self._next_picks: list[int] | None = []
        self._passing: set[Path] = set()
        """Where the outcome does not follow from the order."""
        self._was_run_otherwise = False
        self._is_one_call: dict[int, bool] = {}
        """By worker."""
        self._calls: dict[int, int] = {}
        """By worker: how often another one may come in between, as far as serial orders show: the
        last one of an order is not asked.
        """
        self._of_schedule: dict[Schedule, Outcome] = {}
        """Outcomes that are not explained: the next one of the same schedule has to be the same."""
        self._explained: set[int] = set()
        self.wanted = Wanted()

    def unexplained(self, observation: Observation) -> Outcome | None:
        """Return the serial outcome nearest to that of an execution, if none explains it; None also
        if that cannot be said.
        """
        outcome, execution = observation.outcome, observation.execution
        if outcome is None or self.wanted.is_over:
            return None
        self._note_names(outcome)
        key = hash(repr(outcome))
        if key in self._explained:
            return None
        if self._explains(outcome, execution) or self.wanted.is_over or not self._known:
            self._explained.add(key)
            return None
        schedule = execution.schedule
        before = self._of_schedule.setdefault(schedule, outcome)
        chance = differences(before, outcome, self._passing)
        if chance:
            self._passing |= chance
            return self.unexplained(observation)
        return min(
            (known for _, known in self._known),
            key=lambda known: len(differences(known, outcome, self._passing)),
        )

    def _note_names(self, outcome: Outcome) -> None:
        """Start over where something is told of the state that serial executions were not asked
        for.
        """
        if not outcome.state.keys() <= self.wanted.names:
            self.wanted.names.update(outcome.state)
            self._known.clear()
            self._tried.clear()
            self._explained.clear()
            self._of_calls.clear()
            self._next_picks = []
            self._was_run_otherwise = False

    def differing(self, outcome: Outcome, nearest: Outcome) -> set[Path]:
        """Return where an outcome differs from a serial one, as far as that says anything."""
        return differences(nearest, outcome, self._passing)

    def _explains(self, outcome: Outcome, execution: Execution) -> bool:
        workers = range(1, execution.threads)
        if any(self._is_same(known, outcome) for known in self._in_turn(workers, outcome)):
            return True
        if self.wanted.is_over or (not outcome.are_alike and not self._has_all(workers)):
            return True
        self._run_otherwise()
        if any(self._is_same(known, outcome) for _, known in self._known):
            return True
        return self._is_explained_by_calls(workers, outcome)

    def _is_same(self, known: Outcome, outcome: Outcome) -> bool:
        return not differences(known, outcome, self._passing)

    def _has_all(self, workers: range) -> bool:
        everything = sum(1 for _ in islice(permutations(workers), MOST_ORDERS + 1))
        return everything <= len(self._tried)

    def _in_turn(self, workers: range, outcome: Outcome) -> Iterator[Outcome]:
        """Yield the outcomes of the orders: those that are known first."""
        yield from [known for _, known in self._known]
        most = 1 if outcome.are_alike else MOST_ORDERS
        for order in islice(permutations(workers), most):
            if order not in self._tried and not self.wanted.is_over:
                self._tried.add(order)
                observation = self._runs.in_turn(order)
                self._note(observation)
                if observation.failure is None and observation.outcome is not None:
                    self._known.append((order, observation.outcome))
                    yield observation.outcome

    def _note(self, observation: Observation) -> None:
        execution = observation.execution
        if execution.outcome or _has_waited(execution):
            self.wanted.is_over = True
        if execution.offers:
            for worker, steps in execution.offers[1].items():
                is_one = is_one_call(steps) and self._is_one_call.get(worker, True)
                self._is_one_call[worker] = is_one
                self._calls[worker] = max(steps.total(), self._calls.get(worker, 1))

    def _run_otherwise(self) -> None:
        if self._was_run_otherwise:
            return
        self._was_run_otherwise = True
        for order, outcome in self._known:
            other = self._runs.in_turn(order, otherwise=True).outcome
            if other is None:
                self.wanted.is_over = True
                return
            self._passing |= differences(outcome, other)

    def _is_explained_by_calls(self, workers: range, outcome: Outcome) -> bool:
        """Whether an order of whole calls explains it, or there are too many to say so."""
        if self.wanted.is_over:
            return True
        whole = {worker for worker in workers if self._is_one_call.get(worker, True)}
        if outcome.are_alike and not all(self._is_one_call.values()):
            whole = set()
        if len(whole) == len(workers):
            return False
        if any(self._is_same(known, outcome) for known in self._of_calls):
            return True
        if self._orders_of_calls(workers, whole, are_alike=outcome.are_alike) > _HOPELESS:
            self.wanted.note_too_many(len(workers), are_alike=outcome.are_alike)
            return True
        while self._next_picks is not None and self._calls_left:
            self._calls_left -= 1
            observation = self._runs.call_by_call(self._next_picks, whole)
            self._next_picks = following(observation.execution.offers[0])
            if observation.outcome is not None and observation.failure is None:
                self._of_calls.append(observation.outcome)
                if self._is_same(observation.outcome, outcome):
                    return True
        if self._next_picks is not None:
            self.wanted.note_too_many(len(workers), are_alike=outcome.are_alike)
        return self._next_picks is not None

    def _orders_of_calls(self, workers: range, whole: Set[int], *, are_alike: bool) -> int:
        """Return how many orders of calls there are, or some of them if they are a great many."""
        usual = max(self._calls.values(), default=1) if are_alike else 1
        calls = {worker: self._calls.get(worker, 1) for worker in workers}
        return _orders(1 if n in whole else max(usual, calls[n]) for n in workers)


def _orders(calls: Iterable[int]) -> int:
    """Return in how many orders so many calls of each worker can be done, or some of them if they
    are a great many.
    """
    done, orders = 0, 1
    for number in calls:
        done += number
        orders *= comb(done, min(number, done - number, _ENOUGH))
    return orders


def _has_waited(execution: Execution) -> bool:
    """Whether a worker had to wait for another one."""
    return any(
        thread and op == WAIT and resource != "sleep"
        for _, thread, _, resource, _, op in execution.noted
    )
