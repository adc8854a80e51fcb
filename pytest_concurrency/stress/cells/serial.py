"""The serial cell: the test without concurrency, twice.

It runs under the scheduler, without preemption: a thread that the test starts runs when the one
before blocks or ends, and callables run one after another. That shows whether the test starts
threads, and that the instrumented code behaves like its own. Two rounds that differ show state that
outlives a round; so does a write that changes nothing in the second one, where it did in the first.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePath

import pytest

from pytest_concurrency import real_time as time
from pytest_concurrency.detect.cause.strands import over_an_await
from pytest_concurrency.detect.observation import Execution, Observation
from pytest_concurrency.instrument.swap import Instrumentation
from pytest_concurrency.kinds import THREAD_EXCEPTION
from pytest_concurrency.model import Cell, CellResult, Schedule, Site
from pytest_concurrency.runtime.diagnosis.lock_names import thread_name
from pytest_concurrency.runtime.scheduler.baton import baton
from pytest_concurrency.runtime.tasks.protocols import Strategy
from pytest_concurrency.runtime.trace.event import thread_of
from pytest_concurrency.search.execution.changes import Changes
from pytest_concurrency.search.execution.comparison import runs_alike
from pytest_concurrency.search.execution.engine import (
    LEAST_LIMIT,
    LIMIT_PER_STEP,
    MOST_POINTS,
    exploring,
)
from pytest_concurrency.stress.cells.context import Call
from pytest_concurrency.stress.cells.preload import imported_since, preload
from pytest_concurrency.stress.cells.workload import Shape, Workload

Way = Callable[[], Strategy]
"""In which order the threads of a round go on; called for each round."""

_OUTCOMES = {
    "deadlock": "no thread can go on",
    "step-limit": "it is too long for controlled schedules",
    "timeout": "it does not end in time",
    "too-long": "it is too long for controlled schedules",
}

_TOO_LONG = ("too-long", "step-limit")


@dataclass(frozen=True, slots=True)
class SerialFacts:
    """What the serial rounds tell the other cells."""

    result: CellResult
    shape: Shape = "copies"
    state_leaks: bool = False
    """The second round ran differently, or found what the first one has left: each execution needs
    a process of its own.
    """
    threads_may_die: bool = False
    steps: int = 0
    seconds: float = 0.0
    """Of one round."""
    imports: tuple[str, ...] = ()
    """Modules in scope that the test imports while it runs."""
    hopeless: bool = False
    """It would take the pytest process with it, or never end there."""
    is_fixed: bool = False
    """The number of callables that run at once does not depend on the cell."""
    threads: int = 1
    """Threads of a round, the main thread included."""
    hurried: bool = False
    """Whether a wait that ends by itself was waited for although others could go on."""
    tasks: str = ""
    """Of a round in one thread that fails while tasks of an event loop take turns: that they do,
    and on what they meet as far as that is known.
    """
    failing: Schedule | None = None
    """A schedule without preemption that fails, while plain runs pass."""
    own_fixtures: bool = False
    """Copies get fixtures of their own: on shared ones they fail without meeting inside what they
    call.
    """
    slept_really: bool = False
    """Whether a wait took real time in which threads that are not managed went on."""
    not_checked: frozenset[tuple[str, int]] = frozenset()
    """Lines (path, number) whose failures say nothing on shared fixtures: there copies fail even
    when each statement of the test is one step.
    """
    too_long: int = 0
    """Scheduling points after which a round was given up while it still went on."""
    passed_in_turn: int = 0
    """So many copies have passed one after another, on shared fixtures."""
    no_copies: str = ""
    """Why copies cannot be judged: they fail one after another on fixtures of their own, too."""

    @property
    def step_limit(self) -> int:
        """Scheduling points after which it is asked whether an execution ends."""
        return max(LEAST_LIMIT, self.steps * LIMIT_PER_STEP)


def serial_cell(
    item: pytest.Function,
    instrumentation: Instrumentation,
    seconds: float,
    imports: tuple[str, ...],
    way: Way,
    *,
    sleeps_really: bool = False,
) -> SerialFacts:
    """Run the item twice, with ``imports`` loaded before. To be called in a child process."""
    preload(imports, instrumentation)
    modules = set(sys.modules)
    cell = Cell("serial")
    started = time.monotonic()
    asks = "concurrency" in item.fixturenames
    workload = Workload(item, "callables" if asks else "own-threads")
    count = 2 if asks else 1
    rounds: list[Observation] = []
    changes = (Changes(), Changes())
    tasks = ""
    with exploring(instrumentation, seconds, sleeps_really=sleeps_really):
        for made in changes:
            baton.observer = made
            try:
                rounds.append(workload.explore(count, way(), MOST_POINTS))
            finally:
                baton.observer = None
            if len(rounds) == 1:  # in the next one it may meet what this one has left
                skipped, calls = workload.skipped, [*workload.calls]
            if problem := problem_of(rounds[-1]):
                break
        failed = rounds[-1].execution
        if problem and not failed.outcome and failed.threads == 1 and "asyncio" in sys.modules:
            tasks = _tasks_of(workload.explore(count, way(), MOST_POINTS, record=True))
    first = rounds[0].execution
    took = time.monotonic() - started
    leaks = not runs_alike(rounds[-1], rounds[0]) or changes[0].are_there_already(changes[1])
    shape = _shape(asks, calls, first)
    if problem and len(rounds) == 1:
        result = CellResult(cell, "error", 1, 2, seconds=took, reason=problem)
        # A body of its own that is only slow would end; threads that meet and do not end, never do.
        return SerialFacts(
            result,
            shape,
            seconds=took,
            imports=(*imports, *imported_since(modules, instrumentation)),
            hopeless=first.outcome not in ("", *_TOO_LONG) and shape != "copies",
            threads=first.threads,
            hurried=bool(first.hurried),
            tasks=tasks,
            failing=first.schedule,
            too_long=first.steps if first.outcome in _TOO_LONG else 0,
        )
    if reason := skipped or (_nothing_runs(calls, first) if asks else ""):
        result = CellResult(cell, "skipped", 2, 2, seconds=took, reason=reason)
        return SerialFacts(result, shape)
    result = CellResult(cell, "clean", 2, 2, seconds=took)
    return SerialFacts(
        result,
        shape,
        bool(problem) or leaks,
        bool(first.thread_errors),
        first.steps,
        took / 2,
        (*imports, *imported_since(modules, instrumentation)),
        is_fixed=asks and "thread_count" not in item.fixturenames and _is_fixed(calls),
        threads=first.threads,
        slept_really=baton.slept_really,
    )


def _shape(asks: bool, calls: Sequence[Call], execution: Execution) -> Shape:
    """Say what runs at once: a test may ask for ``concurrency`` and start its threads itself."""
    if execution.threads > 1 and not calls:
        return "own-threads"
    return "callables" if asks else "copies"


def _tasks_of(observation: Observation) -> str:
    """Say that tasks of an event loop take turns, and where they meet; empty if they do not."""
    if len({strand for strand in observation.strands if strand >= 0}) < 2:
        return ""
    found = over_an_await(observation.execution.log, observation.strands)
    if not found:
        return "tasks of its event loop take turns"
    read, write = (observation.accesses[index] for index in found[0])
    return (
        f"a task acts on what it has read of {read.location} at {_where(read.site)} after another "
        f"one has written that at {_where(write.site)}"
    )


def _where(site: Site) -> str:
    return f"{PurePath(site.path).name}:{site.line}"


def _is_fixed(calls: Sequence[Call]) -> bool:
    return all(call.is_fixed for call in calls)


def _nothing_runs(calls: Sequence[Call], execution: Execution) -> str:
    """Say why nothing runs at once although the test asks for ``concurrency``; empty if it does."""
    if not calls:
        never = "concurrency.run is never called, and no thread is started: nothing runs at once"
        return never if execution.threads == 1 else ""
    if all(call.only_returns for call in calls) and not any(map(thread_of, execution.log)):
        return "what concurrency.run is given only returns other callables, which nobody calls"
    return ""


def problem_of(observation: Observation) -> str:
    """Say in one line what went wrong in a round; empty if nothing did."""
    execution = observation.execution
    if execution.outcome:
        waiting = [state for state in execution.states if state.waits_for]
        waits = "; ".join(
            f"{thread_name(state.thread, state.name)} waits for {state.waits_for}"
            for state in waiting
        )
        return _OUTCOMES[execution.outcome] + (f": {waits}" if waits else "")
    failure = observation.failure
    if failure is None or failure.kind == THREAD_EXCEPTION:
        return ""
    return failure.message
