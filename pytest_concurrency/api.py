"""The one function for programs, notebooks and benchmarks: ``explore``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, TypeVar

from pytest_concurrency._origins import is_programs
from pytest_concurrency.detect.observation import Failure, Observation
from pytest_concurrency.detect.outcomes.taking import TAKING
from pytest_concurrency.instrument.scope import Scope
from pytest_concurrency.instrument.swap import Instrumentation
from pytest_concurrency.kinds import TEST_FAILURE, THREAD_EXCEPTION, HazardKind
from pytest_concurrency.model import Hazard
from pytest_concurrency.real_time import monotonic
from pytest_concurrency.runtime.tasks.protocols import Strategy
from pytest_concurrency.search.bounded import search
from pytest_concurrency.search.describe.raised import innermost_site, lines_through
from pytest_concurrency.search.describe.recorder import recorded
from pytest_concurrency.search.execution.choices import Choices
from pytest_concurrency.search.execution.engine import (
    LEAST_LIMIT,
    execute,
    exploring,
    run_copies,
)
from pytest_concurrency.search.execution.learning import Learning
from pytest_concurrency.search.execution.strategy import Covered
from pytest_concurrency.search.explorer import Explorer
from pytest_concurrency.search.strategies import make

State = TypeVar("State")
_FIRST_LIMIT = 5 * LEAST_LIMIT
"""Scheduling points of an execution while none has ended; no claim follows from their number."""


@dataclass(frozen=True, slots=True)
class Found:
    """What ``explore`` found."""

    executions: int
    hazards: tuple[Hazard, ...]
    exhausted: bool
    """True if every schedule (with at most ``preemptions`` preemptions) has been run; sampling
    strategies never claim that.
    """
    distinct: int
    """Different interleavings among the executions."""
    seconds: float
    covered: Covered | None = None
    """What has been run without a gap, however the search ended: so many schedules, which are all
    with at most so many preemptions. None if nothing can be said.
    """
    reason: str = ""
    """Why fewer executions were done than asked for although something is left to run: ``too long:
    200,000 points, 1 of 200 schedules fitted`` (one execution took all the time and still went on,
    which is no hang), or ``time was up``.
    """
    notes: tuple[Hazard, ...] = ()
    """What no execution has shown, and may be worth a look: locks taken in opposite orders."""


def explore(
    setup: Callable[[], State],
    workers: Sequence[Callable[[State], object]],
    check: Callable[[State], object] | None = None,
    *,
    schedules: int = 1000,
    strategy: str = "auto",
    seed: int = 0,
    stop_at_first: bool = True,
    seconds: float = 60.0,
    source: Sequence[str] = (),
    preemptions: int | None = None,
) -> Found:
    """Run ``workers`` at once on a fresh state, under many schedules, and report what goes wrong.

    ``setup`` makes the state of each execution; every worker gets it in a thread of its own; then
    ``check`` judges it: by returning something false (other than None) or by raising. Instrumented
    are the files below the current folder and below the folders of the given functions, what is
    defined in a notebook or an interactive session, and the packages or folders in ``source``.

    At most ``schedules`` executions are done, in at most ``seconds``; the systematic search (also
    as part of ``auto``) tries schedules with at most ``preemptions`` preemptions. Raises ValueError
    for an unknown strategy and for counts that make no sense, and whatever ``setup`` raises.
    """
    if not workers:
        raise ValueError("explore() needs at least one worker")
    if schedules < 1:
        raise ValueError(f"schedules must be at least 1, not {schedules}")
    if preemptions is not None and preemptions < 0:
        raise ValueError(f"preemptions must be at least 0, not {preemptions}")
    learning = Learning()
    chosen = make(strategy, Choices(seed), learning, preemptions=preemptions, schedules=schedules)
    instrumentation = instrumentation_for([setup, *workers, check], source)
    workload = partial(_run_once, setup, tuple(workers), check)
    explorer = Explorer(
        workload,
        chosen,
        learning,
        limit=_FIRST_LIMIT,
        token=lambda execution: "",
        deadline=monotonic() + seconds,
        preemptions=preemptions,
    )
    with exploring(instrumentation, seconds):
        result = search(explorer, schedules, more=0 if stop_at_first else None)
    return Found(
        result.executions,
        (*result.hazards, *(each for each in result.warnings if each.severity != "note")),
        result.exhausted,
        len(result.interleavings),
        result.seconds,
        result.covered,
        result.reason,
        tuple(each for each in result.warnings if each.severity == "note"),
    )


def instrumentation_for(
    functions: Sequence[Callable[..., object] | None], source: Sequence[str] = ()
) -> Instrumentation:
    """Return prepared instrumentation for the folders of ``functions``, the current one,
    ``source``.
    """
    instrumentation = _instrumentation(_folders(functions), tuple(source))
    instrumentation.prepare()
    return instrumentation


def _run_once(
    setup: Callable[[], State],
    workers: Sequence[Callable[[State], object]],
    check: Callable[[State], object] | None,
    strategy: Strategy,
    limit: int,
    record: bool,
) -> Observation:
    if record:
        return recorded(partial(_run_once, setup, workers, check, strategy, limit, False))
    state = setup()
    jobs = [partial(worker, state) for worker in workers]
    ends: list[tuple[Any, BaseException | None]] = []

    def body() -> None:
        ends.extend(run_copies(jobs))
        if check is None:  # which would judge what the state may be
            TAKING.named = {"state": state}
            TAKING.take(jobs, ends)

    execution = execute(strategy, body, limit)
    if execution.outcome:
        return Observation(execution)
    errors = [(index, error) for index, (_, error) in enumerate(ends, 1) if error is not None]
    errors += [(index, error) for index, _, error in execution.thread_errors]
    if errors:
        return Observation(execution, _thread_failure(*errors[0]))
    failure = None if check is None else _judge(check, state)
    return Observation(execution, failure, outcome=TAKING.taken())


def _thread_failure(index: int, error: BaseException) -> Failure:
    text = f"thread {index} raised {type(error).__name__}: {error}".rstrip(": ")
    return _failure(text, error, THREAD_EXCEPTION)


def _failure(text: str, error: BaseException, kind: HazardKind) -> Failure:
    traceback = error.__traceback__
    name, site = type(error).__name__, innermost_site(traceback)
    return Failure(text, "", kind, name, site, lines_through(traceback))


def _judge(check: Callable[[State], object], state: State) -> Failure | None:
    try:
        verdict = check(state)
    except Exception as error:
        text = f"the check raised {type(error).__name__}: {error}".rstrip(": ")
        return _failure(text, error, TEST_FAILURE)
    if verdict is None or verdict:
        return None
    return Failure("the check returned a false value")


def _folders(functions: Sequence[Callable[..., object] | None]) -> frozenset[Path]:
    """Return where the functions' sources lie."""
    folders = {Path.cwd()}
    for function in functions:
        module = sys.modules.get(getattr(function, "__module__", None) or "")
        file = getattr(module, "__file__", None)
        if file and is_programs(file):  # ``queue.Queue.get`` may be one of them
            folders.add(Path(file).parent)
    return frozenset(folders)


@lru_cache(maxsize=8)
def _instrumentation(folders: frozenset[Path], packages: tuple[str, ...]) -> Instrumentation:
    return Instrumentation(Scope(folders, packages, with_main=True))
