"""The trace of a corpus program alone tells what the runtime knew at each decision.

``CORPUS=full`` asks all programs, else some of them are.
"""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from loading import load_module
from recomputed import Recomputed, assert_as_defined

from pytest_concurrency.instrument.scope import Scope
from pytest_concurrency.instrument.swap import Instrumentation
from pytest_concurrency.runtime.scheduler.baton import Baton, baton
from pytest_concurrency.runtime.tasks.task import Task
from pytest_concurrency.runtime.trace.event import location, operation, thread_of
from pytest_concurrency.runtime.trace.operations import WAKE
from pytest_concurrency.runtime.trace.synchronisation import merged
from pytest_concurrency.search.execution.choices import Choices
from pytest_concurrency.search.execution.engine import execute, exploring, run_copies
from pytest_concurrency.search.execution.learning import Learning
from pytest_concurrency.search.strategies.random_walk import RandomWalk

_CORPUS = Path(__file__).parents[2] / "corpus"
_FULL = os.environ.get("CORPUS") == "full"
_PROGRAMS = sorted(_CORPUS.glob("*/*.py"))[:: 1 if _FULL else 6]
_EXECUTIONS = 3
_MOST_POINTS = 3000
_SECONDS = 5
"""Of one execution: who tries a lock with a limit again and again, while it is given up, takes all
of them."""


_MOST_EVENTS = 150
"""Of longer traces the definition of happens-before, a transitive closure, is not gone through."""


class _Asking(RandomWalk):
    """Notes down, at each decision, what the runtime knows, and how far the trace is."""

    def begin(self, baton: Baton) -> None:
        super().begin(baton)
        self.known: list[tuple[int, int, set[int], dict[int, int], list[int]]] = []

    def choose(self, enabled: list[Task], task: Task) -> Task:
        holders = {
            baton.record.seen[key][1]: owner.index for key, (_, owner) in baton.owners.items()
        }
        runnable = {each.index for each in baton.enabled}
        steps = [each.steps for each in baton.tasks]
        self.known.append(
            (len(baton.record.log), len(baton.record.noted), runnable, holders, steps)
        )
        return super().choose(enabled, task)


@pytest.fixture
def wakers(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """Who has woken whom, as the runtime does it."""
    woken: list[tuple[int, int]] = []
    wake = Baton._wake

    def noted(self: Baton, task: Task) -> None:
        if task not in self.enabled:
            woken.append((-1 if self.current is None else self.current.index, task.index))
        wake(self, task)

    monkeypatch.setattr(Baton, "_wake", noted)
    return woken


def decisions_compared(path: Path, wakers: list[tuple[int, int]]) -> int:
    """Compare, at each decision, what the trace tells with what the runtime knew, and in the end
    who has woken whom, which scheduling points were passed, and what happens before what; return
    how many decisions there were.
    """
    decisions = 0
    program: Any = load_module(f"traced_{path.parent.name}_{path.stem}", path)
    strategy = _Asking(Choices(1), Learning())

    def body() -> None:
        state = program.setup()
        run_copies([partial(worker, state) for worker in program.WORKERS])

    instrumentation = Instrumentation(Scope([path]))
    instrumentation.prepare()
    with exploring(instrumentation, _SECONDS):
        for _ in range(_EXECUTIONS):
            strategy.prepare()
            wakers.clear()
            execution = execute(strategy, body, _MOST_POINTS)
            ended = [task for task in baton.tasks if task.done]
            decisions += len(strategy.known)
            recomputed, at = Recomputed(), (0, 0)
            for log, noted, runnable, holders, steps in strategy.known:
                recomputed.go_through(_between(execution, at, (log, noted)))
                at = (log, noted)
                assert recomputed.runnable == runnable
                assert recomputed.holders == holders
                # Who stands at a point has passed it, and what it will do there is yet to come.
                ahead = [passed - recomputed.steps[task] for task, passed in enumerate(steps)]
                assert set(ahead) <= {0, 1}
            trace = execution.trace
            recomputed.go_through(
                _between(execution, at, (len(execution.log), len(execution.noted)))
            )
            if not execution.outcome:
                assert [recomputed.steps[task.index] for task in ended] == [t.steps for t in ended]
            told = [
                (thread_of(event), location(event)[1])
                for event in trace
                if operation(event) == WAKE
            ]
            # Who is woken while the execution is unwound is no part of it.
            assert told == wakers[: len(told)]
            assert execution.outcome or len(told) == len(wakers)
            if len(trace) <= _MOST_EVENTS:
                assert_as_defined(trace)
    return decisions


def _between(execution: Any, start: tuple[int, int], end: tuple[int, int]) -> Any:
    (first, first_noted), (last, last_noted) = start, end
    log = execution.log[first:last]
    return merged(log, [(p - first, *e) for p, *e in execution.noted[first_noted:last_noted]])


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("path", _PROGRAMS, ids=lambda path: path.stem)
def test_the_trace_tells_what_the_runtime_knew(path: Path, wakers: list[tuple[int, int]]) -> None:
    decisions_compared(path, wakers)


def test_there_are_decisions_to_compare(wakers: list[tuple[int, int]]) -> None:
    assert decisions_compared(_CORPUS / "clean" / "handover_queue.py", wakers)
    assert wakers
