"""What a test does where its threads do not meet: whatever fails there already is no hazard.

The serial cell, and the plain runs that it is compared with. Each round has a process of its own,
so that no round finds what another one has left behind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pytest

from pytest_concurrency import real_time as time
from pytest_concurrency.instrument.swap import Instrumentation
from pytest_concurrency.model import Cell, CellResult
from pytest_concurrency.search.execution.choices import Choices
from pytest_concurrency.search.execution.learning import Learning
from pytest_concurrency.search.orders.fair import Fair
from pytest_concurrency.search.orders.one_by_one import OneByOne
from pytest_concurrency.search.strategies.random_walk import RandomWalk
from pytest_concurrency.stress.cells.plain import plain_run
from pytest_concurrency.stress.cells.serial import SerialFacts, Way, serial_cell
from pytest_concurrency.stress.children.child import ChildResult
from pytest_concurrency.stress.children.in_child import headline_of
from pytest_concurrency.stress.item.host import Host

GRACE_SECONDS = 3.0
"""Seconds that a child may need to end, besides those for its last run."""
PLAIN_RUNS = 3
"""At most; one of them in any case."""
SHARE = 3
"""One round may take such a part of the time that is left."""
_SMALL_SHARE = 20
"""The same for one of many schedules that are tried until one passes."""
LEAST_SECONDS = 1.0
AFTERWARDS_SECONDS = 1.0
"""What comes in the process of a round, and after it, may take."""
_OTHER_SCHEDULES = 30
"""How many are tried to find one that does not fail."""
_PLAIN_SECONDS = 10.0
_PLAIN_FACTOR = 20
"""How much longer than under the scheduler, where sleeping takes no time, a plain run may take."""
ONE_BY_ONE: tuple[Way, ...] = (partial(OneByOne, "waits"), partial(OneByOne, "sleeps"), Fair)
"""First strictly; the later ones are for those that wait for each other."""


@dataclass(frozen=True, slots=True)
class Control:
    """Finds out how a test runs without concurrency."""

    item: pytest.Function
    instrumentation: Instrumentation
    seed: str
    deadline: float
    """Of ``time.monotonic``: where the cap of the test is."""
    host: Host
    then: Callable[[SerialFacts], SerialFacts] = lambda facts: facts
    """What is to be done after the rounds, in their process; adds to what they tell."""

    def serial(self) -> SerialFacts:
        """Run the serial cell; the reason of its result says why the test cannot be stressed."""
        asks = "concurrency" in self.item.fixturenames
        facts = self._first_good(ONE_BY_ONE if asks else (Fair,))
        if facts.result.outcome != "error":
            return replace(facts, failing=None)
        return self._compared(facts)

    def _first_good(self, ways: tuple[Way, ...]) -> SerialFacts:
        for way in ways:
            facts = self._serial_once(way, ())
            if facts.imports:
                facts = self._serial_once(way, facts.imports)
            if facts.result.outcome != "error" or not facts.hurried or not self._left:
                break
        return facts

    @property
    def _left(self) -> float:
        return max(0.0, self.deadline - time.monotonic())

    def _serial_once(
        self,
        way: Way,
        imports: tuple[str, ...],
        part: int = SHARE,
        *,
        sleeps_really: bool = False,
    ) -> SerialFacts:
        seconds = max(LEAST_SECONDS, self._left / part)
        cell = partial(serial_cell, self.item, self.instrumentation, seconds, imports, way)

        def rounds(progress: Callable[[Any], None]) -> SerialFacts:
            facts = cell(sleeps_really=sleeps_really)
            if facts.result.outcome != "clean" or facts.imports != imports:
                return facts
            progress(facts)  # what comes now may end the process
            return self.then(facts)

        result = self.host.run(rounds, seconds=seconds + AFTERWARDS_SECONDS + GRACE_SECONDS)
        if result.status == "done" and result.value is not None:
            return result.value
        if result.kept:
            (facts,) = result.kept
            assert isinstance(facts, SerialFacts)
            return facts
        problem = CellResult(Cell("serial"), "error", 1, 2, reason=_reason(result))
        asks = "concurrency" in self.item.fixturenames
        hangs_at_once = result.status == "timeout" and asks
        return SerialFacts(problem, hopeless=result.status == "crashed" or hangs_at_once)

    def _compared(self, facts: SerialFacts) -> SerialFacts:
        """Tell a test that fails without concurrency from one that fails in this schedule."""
        problem = facts.result.reason
        if problem.startswith(INTERNAL):
            return _cannot(facts, problem)
        may_race, failing = self._may_race(facts), 1
        if facts.hopeless and may_race:  # a plain run would hang, and say no more
            good, tried = self._good_schedule(facts.imports, self._left / SHARE)
            failing += tried
            if good is not None:
                return _decided(facts, good, "another one passes")
        passed, runs, seconds = self._plain_runs(facts)
        if not passed:
            good = None
            if may_race and not facts.hopeless:
                good, tried = self._good_schedule(facts.imports, max(LEAST_SECONDS, seconds))
                failing += tried
            if good is None:
                return _cannot(facts, _always(facts, failing, runs))
            plainly = "a plain run fails" if runs == 1 else f"{runs} of {runs} plain runs fail"
            return _decided(facts, good, f"{plainly}, too")
        facts = replace(facts, hopeless=False)
        if facts.threads == 1 and facts.too_long:
            reason = f"too long: {facts.too_long:,} points without concurrency, and no end"
            return replace(facts, result=replace(facts.result, outcome="skipped", reason=reason))
        slept = self._serial_once(Fair, facts.imports, sleeps_really=True)
        passes = slept.result.outcome == "clean"
        if passes and slept.slept_really:
            return _cannot(facts, f"{SLEEPS}: {problem}")
        if facts.threads == 1:
            return _cannot(facts, f"fails when instrumented, in one thread: {problem}")
        plainly = f"{passed} plain runs pass" if passed > 1 else "a plain run passes"
        if passed < runs:
            plainly = f"{passed} of {runs} plain runs {'passes' if passed == 1 else 'pass'}"
        if passes:  # nothing slept, so it is the same once more: what failed was chance
            return _decided(facts, slept, plainly)
        good, tried = self._good_schedule(facts.imports, self._left)
        if good is None:
            tried += 1
            return _cannot(
                facts,
                f"fails under the scheduler, in {tried} of {tried} schedules, "
                f"while {plainly}: {problem}",
            )
        return _decided(facts, good, plainly)

    def _may_race(self, facts: SerialFacts) -> bool:
        """Whether a test that fails in plain runs, too, may be one whose own threads race as a rule
        (a sleep between read and write), or whose threads lock each other out.
        """
        is_expected = self.item.get_closest_marker("xfail") is not None
        has_threads = facts.shape == "own-threads" or (
            facts.shape == "callables" and facts.hopeless
        )
        return has_threads and not is_expected

    def _plain_runs(self, facts: SerialFacts) -> tuple[int, int, float]:
        """Return how many plain runs pass, of how many, as far as there is time for them, and how
        long they took.

        Of a test in one thread none may fail, or none is said to pass; one whose own threads race
        may fail by chance. That threads which wait for each other do not end is seen once.
        """
        if not self.host.isolates:
            return 1, 1, 0.0  # its ordinary run is over, in this very process
        limit = _PLAIN_SECONDS + _PLAIN_FACTOR * facts.result.seconds
        passed = runs = 0
        started = time.monotonic()
        while runs < PLAIN_RUNS and (not runs or self._left):
            result = self.host.run(lambda progress: plain_run(self.item), seconds=limit)
            runs += 1
            if result.status == "done" and result.value is not None and not result.value.is_bad:
                passed += 1
            elif facts.threads == 1 or (facts.hopeless and result.status == "timeout"):
                return 0, runs, time.monotonic() - started
        return passed, runs, time.monotonic() - started

    def _good_schedule(
        self, imports: tuple[str, ...], seconds: float
    ) -> tuple[SerialFacts | None, int]:
        """Return what a schedule shows that passes, if one does within so many seconds, and how
        many were tried.
        """
        tried, until = 0, min(self.deadline, time.monotonic() + seconds)
        for way in self._other_ways():
            if tried and time.monotonic() > until:
                break
            tried += 1
            facts = self._serial_once(way, imports, _SMALL_SHARE)
            if facts.result.outcome == "clean":
                return facts, tried
        return None, tried

    def _other_ways(self) -> Iterator[Way]:
        yield from ONE_BY_ONE[:-1]
        for number in range(_OTHER_SCHEDULES):
            yield lambda number=number: RandomWalk(  # type: ignore[misc]
                Choices(self.seed, "serial", number), Learning()
            )


SLEEPS = (
    "fails under the scheduler, where sleeping takes no time, and passes where it does: a thread "
    "that a fixture has started works meanwhile"
)
INTERNAL = "internal error of pytest-concurrency: "


def _always(facts: SerialFacts, schedules: int, runs: int) -> str:
    """Say what a test does that passes neither in so many schedules nor in plain runs."""
    problem = facts.result.reason
    if facts.tasks:
        return f"fails without other threads: {problem} ({facts.tasks})"
    if facts.threads == 1 or schedules == 1:
        return f"fails without concurrency: {problem}"
    plainly = "in a plain run" if runs == 1 else f"in {runs} of {runs} plain runs"
    return f"fails in {schedules} of {schedules} schedules, and {plainly}: {problem}"


def _decided(facts: SerialFacts, good: SerialFacts, told: str) -> SerialFacts:
    """Return what ``good`` shows, a schedule that passes; that of ``facts`` fails."""
    reason = f"one schedule without preemption fails ({facts.result.reason}); {told}"
    return replace(good, result=replace(good.result, reason=reason), failing=facts.failing)


def _cannot(facts: SerialFacts, reason: str) -> SerialFacts:
    return replace(facts, result=replace(facts.result, reason=reason))


def _reason(result: ChildResult[Any]) -> str:
    """Say in one line why a round did not come back."""
    if result.status == "timeout":
        return "it does not end in time"
    if result.status == "crashed":
        return f"its process died: {result.exit}"
    return INTERNAL + headline_of(result.error)
