"""Copies of a test one after another, and switched between the statements of the test only: what
fails there is nothing that the code under test has promised to hold.

Each round has a process of its own, so that no round finds what another one has left behind.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import pytest

from pytest_concurrency import real_time as time
from pytest_concurrency._pytest_compat import is_unittest
from pytest_concurrency.detect.observation import Observation
from pytest_concurrency.instrument.swap import Instrumentation
from pytest_concurrency.search.execution.choices import Choices
from pytest_concurrency.search.execution.engine import MOST_POINTS, exploring
from pytest_concurrency.search.orders.by_statement import Body, ByStatement
from pytest_concurrency.stress.cells.preload import preload
from pytest_concurrency.stress.cells.serial import SerialFacts, Way, problem_of
from pytest_concurrency.stress.cells.workload import Workload
from pytest_concurrency.stress.control.alone import (
    AFTERWARDS_SECONDS,
    GRACE_SECONDS,
    LEAST_SECONDS,
    ONE_BY_ONE,
    SHARE,
)
from pytest_concurrency.stress.item.host import Host
from pytest_concurrency.stress.item.setup_state import function_fixtures

_BY_STATEMENT = 24
"""How many schedules are tried that switch between the statements of the test only."""
_CUT = 12
"""The first of them let a copy pass 1, 2, ... statements and then all others; the rest draws."""
NO_COPIES = "not meant for copies: they fail "


@dataclass(frozen=True, slots=True)
class CopiesControl:
    """Finds out what copies of a test do that do not meet inside what they call."""

    item: pytest.Function
    instrumentation: Instrumentation
    seed: str
    deadline: float
    """Of ``time.monotonic``: where the cap of the test is."""
    host: Host

    def facts_for(self, facts: SerialFacts, count: int, seconds: float) -> SerialFacts:
        """Run so many copies one after another, and between statements, on shared fixtures and, if
        they fail there, on fixtures of their own; note what they need. One run may take
        ``seconds``.

        Copies that die or hang are told by the cells that they die or hang in.
        """
        facts = self.one_after_another(facts, count, seconds)
        return self.between_statements(facts, count, seconds)

    def after_rounds(self, count: int, facts: SerialFacts) -> SerialFacts:
        """Run them one after another in the process of the serial rounds, in which these have left
        nothing; note if they pass.
        """
        if not count or facts.state_leaks or not _may_share(facts):
            return facts
        observation = self._run_copies(count, ONE_BY_ONE[0], AFTERWARDS_SECONDS)
        passes = not problem_of(observation)
        return replace(facts, passed_in_turn=count) if passes else facts

    def one_after_another(self, facts: SerialFacts, count: int, seconds: float) -> SerialFacts:
        """The first part of it."""
        if count == facts.passed_in_turn or not _may_share(facts):
            return facts
        if not self._in_turn(facts, count, seconds, own=False):
            return facts
        told = "one after another, with fixtures of their own, too"
        return self._on_own_fixtures(facts, count, seconds, told)

    def between_statements(self, facts: SerialFacts, count: int, seconds: float) -> SerialFacts:
        """The second part, for copies that pass one after another: where all interleavings pass,
        these do.
        """
        if not _may_share(facts):
            return facts
        failing = self._failing_by_statement(facts, count, seconds)
        if not failing:
            return facts
        told = (
            "on shared fixtures with each statement as one step, and one after another with "
            "fixtures of their own"
        )
        return self._on_own_fixtures(replace(facts, not_checked=failing), count, seconds, told)

    def _on_own_fixtures(
        self, facts: SerialFacts, count: int, seconds: float, told: str
    ) -> SerialFacts:
        problem = self._in_turn(facts, count, seconds, own=True)
        if not problem:
            return replace(facts, own_fixtures=True)
        return replace(facts, no_copies=f"{NO_COPIES}{told} ({problem})")

    def _of_rest(self, seconds: float) -> float:
        """Return what a round may take that would take so long: the cells come after it."""
        return min(seconds, max(LEAST_SECONDS, self._left / SHARE))

    @property
    def _left(self) -> float:
        return max(0.0, self.deadline - time.monotonic())

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
                seconds=min(seconds * together, self._left + seconds) + GRACE_SECONDS,
            )
            if result.status != "done" or result.value is None:
                break
            if result.value:
                return result.value
        return frozenset()

    def _by_statement(
        self, facts: SerialFacts, count: int, seconds: float, numbers: range, _: object
    ) -> frozenset[tuple[str, int]] | None:
        """Run these schedules in this process, as far as there is time for them; None: they do not
        come to an end.
        """
        preload(facts.imports, self.instrumentation)
        workload = Workload(self.item, "copies")
        body = Body(self.item.obj)
        failing: set[tuple[str, int]] = set()
        with exploring(self.instrumentation, seconds):
            for number in numbers:
                if number > numbers.start and not self._left:
                    break
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
        observation = self._run_copies(count, way, seconds, own_fixtures=own_fixtures)
        execution = observation.execution
        if execution.outcome in ("timeout", "too-long", "cut", "step-limit"):
            return "", False
        return problem_of(observation), bool(execution.hurried)

    def _run_copies(
        self,
        count: int,
        way: Way,
        seconds: float,
        *,
        own_fixtures: bool = False,
    ) -> Observation:
        workload = Workload(self.item, "copies", own_fixtures=own_fixtures)
        with exploring(self.instrumentation, seconds):
            return workload.explore(count, way(), MOST_POINTS)


def _may_share(facts: SerialFacts) -> bool:
    """Whether it is a test in copies that have shown no need for fixtures of their own so far."""
    is_settled = facts.own_fixtures or facts.no_copies or facts.too_long
    return facts.shape == "copies" and not is_settled


def _has_setup(item: pytest.Function) -> bool:
    """Whether there is anything that copies would have of their own."""
    return bool(function_fixtures(item)) or is_unittest(item)


_OF_ONE_COPY = frozenset({"thread_index", "thread_count"})
"""Fixtures that only tests ask for which know that they run in copies."""
