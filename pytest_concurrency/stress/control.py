"""What a test does where its threads do not meet: whatever fails there already is no hazard.

The serial cell, the plain runs that it is compared with, and, for a test that runs in copies, the
copies one after another. Each round has a process of its own, so that no round finds what another
one has left behind.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pytest

from pytest_concurrency import real_time as time
from pytest_concurrency._pytest_compat import is_unittest
from pytest_concurrency.instrument.swap import Instrumentation
from pytest_concurrency.model import Cell, CellResult
from pytest_concurrency.search.execution.choices import Choices
from pytest_concurrency.search.execution.engine import MOST_POINTS, exploring
from pytest_concurrency.search.execution.learning import Learning
from pytest_concurrency.search.orders.by_statement import Body, ByStatement
from pytest_concurrency.search.orders.fair import Fair
from pytest_concurrency.search.orders.one_by_one import OneByOne
from pytest_concurrency.search.strategies.random_walk import RandomWalk
from pytest_concurrency.stress.cells.plain import plain_run
from pytest_concurrency.stress.cells.preload import preload
from pytest_concurrency.stress.cells.serial import SerialFacts, Way, problem_of, serial_cell
from pytest_concurrency.stress.cells.workload import Workload
from pytest_concurrency.stress.children.child import ChildResult
from pytest_concurrency.stress.children.in_child import headline_of
from pytest_concurrency.stress.item.host import Host
from pytest_concurrency.stress.item.setup_state import function_fixtures

GRACE_SECONDS = 3.0
"""Seconds that a child may need to end, besides those for its last run."""
PLAIN_RUNS = 3
"""At most; one of them in any case."""
_SHARE = 3
"""One round may take such a part of the time that is left."""
_SMALL_SHARE = 20
"""The same for one of many schedules that are tried until one passes."""
_LEAST_SECONDS = 1.0
_OTHER_SCHEDULES = 30
"""How many are tried to find one that does not fail."""
_PLAIN_SECONDS = 10.0
_PLAIN_FACTOR = 20
"""How much longer than under the scheduler, where sleeping takes no time, a plain run may take."""
_BY_STATEMENT = 24
"""How many schedules are tried that switch between the statements of the test only."""
_CUT = 12
"""The first of them let a copy pass 1, 2, ... statements and then all others; the rest draws."""
NO_COPIES = "not meant for copies: they fail "
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

    def serial(self) -> SerialFacts:
        """Run the serial cell; the reason of its result says why the test cannot be stressed."""
        asks = "concurrency" in self.item.fixturenames
        facts = self._first_good(ONE_BY_ONE if asks else (Fair,))
        if facts.result.outcome != "error":
            return replace(facts, failing=None)
        return self._compared(facts)

    def for_copies(self, facts: SerialFacts, count: int, seconds: float) -> SerialFacts:
        """Run so many copies one after another, on shared fixtures and, if they fail there, on
        fixtures of their own; note what they need. One run may take ``seconds``.

        Copies that die or hang are told by the cells that they die or hang in.
        """
        if facts.shape != "copies" or facts.too_long:
            return facts
        told = "one after another, with fixtures of their own, too"
        if not self._in_turn(facts, count, seconds, own=False):
            failing = self._failing_by_statement(facts, count, seconds)
            if not failing:
                return facts
            facts = replace(facts, not_checked=failing)
            told = (
                "on shared fixtures with each statement as one step, and one after another with "
                "fixtures of their own"
            )
        problem = self._in_turn(facts, count, seconds, own=True)
        if not problem:
            return replace(facts, own_fixtures=True)
        return replace(facts, no_copies=f"{NO_COPIES}{told} ({problem})")

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

    def _of_rest(self, seconds: float) -> float:
        """Return what a round may take that would take so long: the cells come after it."""
        return min(seconds, max(_LEAST_SECONDS, self._left / _SHARE))

    def _serial_once(
        self,
        way: Way,
        imports: tuple[str, ...],
        part: int = _SHARE,
        *,
        sleeps_really: bool = False,
    ) -> SerialFacts:
        seconds = max(_LEAST_SECONDS, self._left / part)
        cell = partial(serial_cell, self.item, self.instrumentation, seconds, imports, way)
        result = self.host.run(
            lambda progress: cell(sleeps_really=sleeps_really), seconds=seconds + GRACE_SECONDS
        )
        if result.status == "done" and result.value is not None:
            return result.value
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
            good, tried = self._good_schedule(facts.imports, self._left / _SHARE)
            failing += tried
            if good is not None:
                return _decided(facts, good, "another one passes")
        passed, runs, seconds = self._plain_runs(facts)
        if not passed:
            good = None
            if may_race and not facts.hopeless:
                good, tried = self._good_schedule(facts.imports, max(_LEAST_SECONDS, seconds))
                failing += tried
            if good is None:
                return _cannot(facts, _always(facts, failing, runs))
            plainly = "a plain run fails" if runs == 1 else f"{runs} of {runs} plain runs fail"
            return _decided(facts, good, f"{plainly}, too")
        facts = replace(facts, hopeless=False)
        if facts.threads == 1 and facts.too_long:
            reason = f"too long: {facts.too_long:,} points without concurrency, and no end"
            return replace(facts, result=replace(facts.result, outcome="skipped", reason=reason))
        if self._serial_once(Fair, facts.imports, sleeps_really=True).result.outcome == "clean":
            return _cannot(facts, f"{SLEEPS}: {problem}")
        if facts.threads == 1:
            return _cannot(facts, f"fails when instrumented, in one thread: {problem}")
        plainly = f"{passed} plain runs pass" if passed > 1 else "a plain run passes"
        if passed < runs:
            plainly = f"{passed} of {runs} plain runs {'passes' if passed == 1 else 'pass'}"
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

    def _in_turn(self, facts: SerialFacts, count: int, seconds: float, *, own: bool) -> str:
        """Run so many copies one after another; say what goes wrong."""
        problem = ""
        seconds = self._of_rest(seconds)
        for way in ONE_BY_ONE:
            result = self.host.run(
                partial(self._copies_once, facts, count, way, seconds, own),
                seconds=seconds + GRACE_SECONDS,
            )
            if result.status != "done" or result.value is None:
                return ""
            problem, hurried = result.value
            if not problem or not hurried:
                break
        return problem

    def _failing_by_statement(
        self, facts: SerialFacts, count: int, seconds: float
    ) -> frozenset[tuple[str, int]]:
        """Let copies on shared fixtures meet between the statements of the test only.

        If they fail so, nothing that they call is to blame, and what the test checks is no promise
        to copies that share its set-up.

        Returns the lines whose failures then say nothing, those of the test's own among them; none
        if it does not fail, or if the test asks which of its copies it is: then it is written for
        several.
        """
        if not _has_setup(self.item) or not _OF_ONE_COPY.isdisjoint(self.item.fixturenames):
            return frozenset()
        together = 1 if facts.state_leaks else _BY_STATEMENT
        for first in range(0, _BY_STATEMENT, together):
            if not self._left:
                break
            seconds = self._of_rest(seconds)
            numbers = range(first, first + together)
            result = self.host.run(
                partial(self._by_statement, facts, count, seconds, numbers),
                seconds=seconds * together + GRACE_SECONDS,
            )
            if result.status != "done" or result.value is None:
                break
            if result.value:
                return result.value
        return frozenset()

    def _by_statement(
        self, facts: SerialFacts, count: int, seconds: float, numbers: range, _: object
    ) -> frozenset[tuple[str, int]] | None:
        """Run these schedules in this process; None: they do not come to an end."""
        preload(facts.imports, self.instrumentation)
        workload = Workload(self.item, "copies")
        body = Body(self.item.obj)
        failing: set[tuple[str, int]] = set()
        with exploring(self.instrumentation, seconds):
            for number in numbers:
                choices = Choices(self.seed, "by statement", count, number)
                strategy = ByStatement(choices, body, cut=number + 1 if number < _CUT else 0)
                observation = workload.explore(count, strategy, facts.step_limit)
                failure = observation.failure
                if observation.execution.outcome:
                    return None
                if failure is not None and failure.site is not None:
                    failing.add((failure.site.path, failure.site.line))
        return frozenset(failing) | body.lines if failing else frozenset()

    def _copies_once(
        self,
        facts: SerialFacts,
        count: int,
        way: Way,
        seconds: float,
        own_fixtures: bool,
        _: object,
    ) -> tuple[str, bool]:
        """Run them in this process; say also whether another order might be better."""
        preload(facts.imports, self.instrumentation)
        workload = Workload(self.item, "copies", own_fixtures=own_fixtures)
        with exploring(self.instrumentation, seconds):
            observation = workload.explore(count, way(), MOST_POINTS)
        execution = observation.execution
        if execution.outcome in ("timeout", "too-long", "cut", "step-limit"):
            return "", False
        return problem_of(observation), bool(execution.hurried)


def _has_setup(item: pytest.Function) -> bool:
    """Whether there is anything that copies would have of their own."""
    return bool(function_fixtures(item)) or is_unittest(item)


_OF_ONE_COPY = frozenset({"thread_index", "thread_count"})
"""Fixtures that only tests ask for which know that they run in copies."""
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
