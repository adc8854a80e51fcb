"""Runs one execution under a strategy, and says what it did."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from math import inf
from typing import Any

from pytest_concurrency._compat import threads_by_ident
from pytest_concurrency.detect.observation import Execution, Leak
from pytest_concurrency.instrument.swap import Instrumentation
from pytest_concurrency.runtime.diagnosis.thread_states import where_tasks_stand
from pytest_concurrency.runtime.patches.executors import is_idle_worker
from pytest_concurrency.runtime.patches.install import installed, renew
from pytest_concurrency.runtime.patches.randomness import repeating, start_over
from pytest_concurrency.runtime.scheduler.baton import baton
from pytest_concurrency.runtime.scheduler.watchdog import Watchdog
from pytest_concurrency.runtime.system.cpu import one_cpu
from pytest_concurrency.runtime.system.hooks import not_told
from pytest_concurrency.runtime.tasks.protocols import Strategy
from pytest_concurrency.runtime.tasks.task import Abort
from pytest_concurrency.runtime.tasks.terms import Terms

MOST_POINTS = 5_000_000
"""Scheduling points of the longest execution whose log fits into memory. Beyond, it is too long to
be looked at; whether it would end is not known.
"""

LEAST_LIMIT = 20_000
"""Scheduling points after which it is asked at the earliest whether an execution ends: no claim
follows from their number.
"""
LIMIT_PER_STEP = 20
"""It is asked after so many times the scheduling points of an execution that ended."""


def execute(strategy: Strategy, body: Callable[[], object], limit: int = MOST_POINTS) -> Execution:
    """Run ``body`` as task 0 under ``strategy``. Exceptions of ``body`` pass through
    ``last_execution``.

    Raises what ``body`` raises, except when the execution was given up: then it returns normally
    and the outcome says why.
    """
    baton.begin(strategy, limit=limit)
    try:
        body()
        baton.linger()
    except Abort:
        pass
    except BaseException:
        if baton.terms.goes_on:
            with suppress(Abort):
                baton.linger()
        raise
    finally:
        baton.end()
        if baton.account.mistake is not None:
            raise baton.account.mistake
    return last_execution()


def start_round(
    *,
    is_brief: bool,
    goes_on: bool = False,
    otherwise: bool = False,
    stands_still: bool = False,
    leaves_out: bytearray | None = None,
) -> None:
    """Let what comes next, the set-up of an execution, find the same time and the same chance as
    that of the one before; ``otherwise``: other ones; ``stands_still``: looks do not
    move the clock.

    ``is_brief``: nobody will read the names of locks that threads wait for in it. ``goes_on``: its
    threads do so where the body fails. ``leaves_out``: by site, whether accesses are not recorded.
    """
    baton.clock.start_round(otherwise=otherwise, stands_still=stands_still)
    baton.terms = Terms(*baton.terms[:3], is_brief, goes_on, leaves_out)  # _replace takes thrice
    renew()
    start_over(otherwise=otherwise)


def last_execution() -> Execution:
    """Describe the execution that has ended last (also if ``execute`` raised)."""
    adopted = baton.tasks[1:] if baton.has_adopted else ()
    errors = [(t.index, t.name, t.error) for t in adopted if t.error and t.run is None]
    return Execution(
        baton.account.outcome,
        baton.account.switches,
        baton.account.preemptions,
        baton.total,
        baton.record.log,
        len(baton.tasks),
        errors,
        baton.account.states or (),
        len(baton.abandoned()),
        baton.passed,
        baton.account.offers,
        baton.account.lost_sight,
        baton.account.hurried,
        baton.record.marks,
        tuple(_leaks()) if baton.account.leaked else (),
        baton.record.noted,
        baton.account.failed_jobs.unasked or (),
        baton.account.kept_locks,
        baton.left_out is baton.terms.leaves_out,
    )


def _leaks() -> Iterator[Leak]:
    for task, waits_for in baton.account.leaked:
        if not is_idle_worker(task, waits_for):
            yield Leak(task.index, task.name, task.origin)


def run_copies(jobs: Sequence[Callable[[], Any]]) -> list[tuple[Any, BaseException | None]]:
    """Run ``jobs`` at once within the current execution; return result and exception of each."""
    return [(task.result, task.error) for task in baton.run_together(jobs)]


@contextmanager
def exploring(
    instrumentation: Instrumentation,
    seconds: float,
    until: float = inf,
    *,
    sleeps_really: bool = False,
) -> Iterator[None]:
    """Make this process ready to execute: instrumented code, virtual time, one CPU, a watchdog.

    ``seconds`` is the real time that one execution may take. What only searches, and is not
    recorded, is cut off ``until`` then (of ``time.monotonic``). ``sleeps_really``: where there are
    threads that are not managed, waits with a limit take as long as they say. Everything is put
    back in the end.
    """
    watchdog = Watchdog(baton)
    baton.terms = Terms(where_tasks_stand, frozenset(threads_by_ident()), sleeps_really)
    baton.slept_really = False
    namespaces = instrumentation.namespaces
    with (
        one_cpu(),
        not_told(Abort),
        instrumentation.swapped(),
        repeating(namespaces),
        installed(namespaces),
    ):
        watchdog.start(seconds, until)
        try:
            yield
        finally:
            watchdog.stop()
            baton.terms = Terms()
            baton.pool.close()
            baton.forget()
