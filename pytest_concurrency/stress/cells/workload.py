"""One pytest item as a workload: its shape, and how each cell calls its body."""

from __future__ import annotations

import math
import random
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, Literal

import pytest

from pytest_concurrency.detect.observation import Execution, Failure, Observation
from pytest_concurrency.detect.outcomes.nothing_shared import NOTHING_SHARED
from pytest_concurrency.detect.outcomes.taking import TAKING
from pytest_concurrency.kinds import TEST_FAILURE, THREAD_EXCEPTION, HazardKind
from pytest_concurrency.runtime.diagnosis.lock_names import thread_name
from pytest_concurrency.runtime.scheduler.baton import baton
from pytest_concurrency.runtime.system.hooks import hooks, put_hooks
from pytest_concurrency.runtime.tasks.protocols import Strategy
from pytest_concurrency.search.describe.recorder import recorded
from pytest_concurrency.search.execution.engine import (
    execute,
    last_execution,
    run_copies,
)
from pytest_concurrency.stress.cells.context import (
    Call,
    Context,
    End,
    Hanging,
    Job,
    run_on_threads,
    running,
)
from pytest_concurrency.stress.item.outcomes import CopyOutcome, RunOutcome, merge, outcome_of
from pytest_concurrency.stress.item.own_fixtures import Prepared
from pytest_concurrency.stress.item.rerun import Rerun

Shape = Literal["copies", "own-threads", "callables"]
"""The test itself is the workload; it starts its own threads; it hands callables to
``concurrency``.
"""


class GivenUp(Exception):  # noqa: N818 - a state, which the execution's outcome explains
    """Ends a test whose execution was given up; never seen by users."""


class Workload:
    """Runs the item in the way of a cell, afresh each time."""

    def __init__(self, item: pytest.Function, shape: Shape, *, own_fixtures: bool = False) -> None:
        self.shape = shape
        self._own_fixtures = own_fixtures
        self.threads_may_die = False
        """Threads that the test starts die of exceptions even without concurrency: it wants them
        to.
        """
        self.not_checked: frozenset[tuple[str, int]] = frozenset()
        """Lines (path, number) whose failures do not count, nor what is lost between them."""
        self.skipped = ""
        """Why the last explored run tested nothing; empty if it did."""
        self.calls: Sequence[Call] = ()
        """How ``concurrency.run`` was called in the last explored run."""
        self._rerun = Rerun(item)
        self._iteration = 0

    # -- under the scheduler ----------------------------------------------------------

    def explore(
        self, threads: int, strategy: Strategy, limit: int, record: bool = False
    ) -> Observation:
        """Run once with ``threads`` threads under ``strategy``."""
        if record:
            return recorded(partial(self.explore, threads, strategy, limit))
        executions: list[Execution] = []

        def caller(function: Callable[..., Any], kwargs: dict[str, Any]) -> None:
            __tracebackhide__ = True
            TAKING.named = kwargs
            if self.shape != "copies":
                run(partial(function, **kwargs))
                return
            self._with_copies(
                function,
                kwargs,
                threads,
                lambda jobs: run(lambda: _raise_merged(_run_managed(jobs))),
            )

        def run(body: Job) -> None:
            __tracebackhide__ = True
            try:
                execute(strategy, body, limit)
            finally:
                executions.append(last_execution())
            if executions[0].outcome:
                raise GivenUp

        context = Context(_run_managed, threads, threads, self._next_iteration())
        self.calls = context.calls
        if self.shape == "own-threads":
            baton.witness = TAKING
        try:
            with running(context):
                outcome = self._rerun.run(caller)
        finally:
            baton.witness = None
        if baton.account.mistake is not None:
            raise baton.account.mistake
        self.skipped = (
            _SKIPS.get(outcome.status, "") and f"{_SKIPS[outcome.status]}: {outcome.message}"
        )
        if not executions:
            return Observation(_NO_EXECUTION, _failure(outcome, outcome.message))
        failure = self._failure_of(executions[0], outcome)
        return Observation(
            executions[0], failure, own_lines=self.not_checked, outcome=TAKING.taken()
        )

    def _with_copies(
        self,
        function: Callable[..., Any],
        kwargs: dict[str, Any],
        count: int,
        run: Callable[[Sequence[Job]], None],
    ) -> None:
        __tracebackhide__ = True

        def run_prepared(copies: Sequence[Prepared]) -> None:
            __tracebackhide__ = True
            run([partial(body, **arguments) for body, arguments in copies])

        self._rerun.prepare_copies(
            function, kwargs, count, run_prepared, own_fixtures=self._own_fixtures
        )

    # -- at full speed ----------------------------------------------------------------

    def run_freely(self, threads: int, rng: random.Random, seconds: float = math.inf) -> RunOutcome:
        """Run once with ``threads`` real threads, which may take ``seconds``."""
        hanging: list[str] = []

        def run(jobs: Sequence[Job]) -> list[End]:
            try:
                return run_on_threads(jobs, rng, seconds)
            except Hanging as error:
                hanging.append(str(error))
                raise

        def caller(function: Callable[..., Any], kwargs: dict[str, Any]) -> None:
            __tracebackhide__ = True
            if self.shape != "copies":
                function(**kwargs)
                return
            self._with_copies(function, kwargs, threads, lambda jobs: _raise_merged(run(jobs)))

        context = Context(run, threads, threads, self._next_iteration())
        with running(context), _uncaught() as died:
            outcome = self._rerun.run(caller)
        if hanging:
            message = f"its threads have not ended after {seconds:.0f} s"
            return RunOutcome(CopyOutcome(0, "timeout", "", message, hanging[0]))
        return RunOutcome(outcome, thread_errors=() if self.threads_may_die else tuple(died))

    def _failure_of(self, execution: Execution, outcome: CopyOutcome) -> Failure | None:
        if execution.outcome:
            return None
        died = [(name, outcome_of(index, error)) for index, name, error in execution.thread_errors]
        for name, told in died:
            if told.is_bad and not self.threads_may_die:
                text = f"{thread_name(told.index, name)} died of {told.message}"
                return _failure(told, text, THREAD_EXCEPTION)
        site = outcome.location
        if site is not None and (site.path, site.line) in self.not_checked:
            return None
        return _failure(outcome, outcome.message) if outcome.is_bad else None

    def _next_iteration(self) -> int:
        self._iteration += 1
        return self._iteration - 1


def _failure(outcome: CopyOutcome, message: str, kind: HazardKind = TEST_FAILURE) -> Failure:
    return Failure(message, outcome.traceback, kind, outcome.kind, outcome.location, outcome.stack)


_SKIPS = {"skipped": "the test skips itself", "xfailed": "the test says that it fails"}
_NO_EXECUTION = Execution("", (), 0, 0, [], 0, (), (), 0)


def _run_managed(jobs: Sequence[Job]) -> list[End]:
    ends = run_copies(jobs)
    TAKING.take(jobs, ends)
    NOTHING_SHARED.look(jobs)
    return [End(index, value, error) for index, (value, error) in enumerate(ends)]


def _raise_merged(ends: Sequence[End]) -> None:
    """Raise what the copies add up to: the worst exception, with a note about the others."""
    __tracebackhide__ = True
    outcomes = [outcome_of(end.index, end.error) for end in ends]
    worst = merge(outcomes)
    if worst.status == "passed":
        return
    error = ends[worst.index].error
    assert error is not None
    for outcome in outcomes:
        if outcome.is_bad and outcome.index != worst.index:
            error.add_note(f"and copy {outcome.index + 1} of the test: {outcome.message}")
    raise error


@contextmanager
def _uncaught() -> Iterator[list[CopyOutcome]]:
    """Collect what threads die of that the test itself started."""
    died: list[CopyOutcome] = []
    before = hooks()

    def note(args: Any) -> None:
        if args.exc_value is not None and args.exc_type is not SystemExit:
            died.append(outcome_of(len(died) + 1, args.exc_value))

    threading.excepthook = note
    try:
        yield died
    finally:
        put_hooks(before)
