"""What tests ask for: ``concurrency``, ``thread_index``, ``thread_count``, ``process_index``,
``iteration_index``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from inspect import iscoroutinefunction
from types import BuiltinFunctionType, CoroutineType, FunctionType, MethodType, MethodWrapperType
from typing import Any

import pytest


class Concurrency:
    """Runs callables at once: set-up before, checks after, in plain sequence.

    In a plain pytest run they run once, on real threads, one after another as far as they do not
    wait for each other; in a stressed one the cell decides (controlled schedules, free-running
    threads, processes).
    """

    def __init__(self) -> None:
        self.count = 0
        """How many callables ``run`` has made run, all calls together."""

    def run(
        self,
        *targets: Callable[[], Any] | Sequence[Callable[[], Any]],
        threads: int | None = None,
    ) -> list[Any]:
        """Run ``targets`` at once and wait for the end; return the results in order.

        One callable runs as often as the cell says (or ``threads`` times); several ones, given one
        by one or as a sequence, once each. If any raises, the first one's exception is raised here,
        with a note for each of the others.

        Raises TypeError for what is not callable or makes a coroutine, ValueError where there is
        nothing to run, and for ``threads`` below 1 or besides several callables.
        """
        from pytest_concurrency.stress.cells.context import Call, Context, current, run_gently

        context = current() or Context(run_gently)
        target = targets[0] if len(targets) == 1 else targets
        jobs = _jobs(target, threads, context.count)
        self.count += len(jobs)
        ends = context.run_jobs(jobs)
        values = [end.value for end in ends]
        is_fixed = threads is not None or not callable(target)
        # Asked by type: a result may be an object that answers for another one.
        only_returns = all(issubclass(type(value), _CALLED_LATER) for value in values)
        context.calls.append(Call(is_fixed, only_returns))
        _raise_first([(end.index, end.error) for end in ends if end.error is not None])
        coroutines = [value for value in values if type(value) is CoroutineType]
        for coroutine in coroutines:
            coroutine.close()
        if coroutines:
            raise TypeError(_NOT_AWAITED.format("a callable returned a coroutine"))
        return values

    def watch(self, obj: object) -> None:
        """Name an object whose state belongs to what comes of ``run``, besides what the callables
        hold themselves and the fixtures of the test.

        It is compared with what it is when the callables run one after another: by what it and its
        parts keep, without running code of theirs. Does nothing in a plain pytest run.
        """
        from pytest_concurrency.detect.outcomes.taking import TAKING

        TAKING.watch(obj)


_CALLED_LATER = (FunctionType, BuiltinFunctionType, MethodType, MethodWrapperType, partial)
_NOT_AWAITED = (
    "concurrency.run: {}, which nobody awaits: give it a callable that runs it, such as "
    "lambda: asyncio.run(coroutine_function())"
)


def _jobs(target: Any, threads: int | None, count: int) -> list[Callable[[], Any]]:
    if callable(target):
        _refuse_coroutine_function(target)
        if threads is not None and (not isinstance(threads, int) or threads < 1):
            raise ValueError(f"concurrency.run: threads must be at least 1, not {threads!r}")
        return [target] * (count if threads is None else threads)
    if not isinstance(target, Iterable):
        raise TypeError(f"concurrency.run takes callables, not {type(target).__name__}")
    if threads is not None:
        raise ValueError(
            f"concurrency.run: threads={threads!r} is for one callable; several run once each"
        )
    jobs = list(target)
    for job in jobs:
        if not callable(job):
            raise TypeError(f"concurrency.run takes callables, not {type(job).__name__}")
        _refuse_coroutine_function(job)
    if not jobs:
        raise ValueError("concurrency.run needs at least one callable")
    return jobs


def _refuse_coroutine_function(job: Callable[..., Any]) -> None:
    if iscoroutinefunction(job):
        raise TypeError(_NOT_AWAITED.format("calling a coroutine function makes a coroutine"))


def _raise_first(errors: list[tuple[int, BaseException]]) -> None:
    __tracebackhide__ = True
    if not errors:
        return
    first = errors[0][1]
    for index, error in errors[1:]:
        first.add_note(f"and callable {index} raised {type(error).__name__}: {error}")
    raise first


@pytest.fixture
def concurrency() -> Concurrency:
    """Run callables at once: ``concurrency.run(counter.increment)``, then plain asserts."""
    return Concurrency()


@pytest.fixture
def thread_index() -> int:
    """Which copy of the test this is: 0, 1, ... of ``thread_count``; 0 in a plain run."""
    return 0


@pytest.fixture
def thread_count() -> int:
    """How many threads the cell has; 1 in a plain run."""
    from pytest_concurrency.stress.cells.context import current

    context = current()
    return 1 if context is None else context.threads


@pytest.fixture
def process_index() -> int:
    """Which process of a process cell runs this copy: 0, 1, ...; 0 elsewhere."""
    return 0


@pytest.fixture
def iteration_index() -> int:
    """Which repetition of its cell this run is: 0, 1, ..."""
    from pytest_concurrency.stress.cells.context import current

    context = current()
    return 0 if context is None else context.iteration
