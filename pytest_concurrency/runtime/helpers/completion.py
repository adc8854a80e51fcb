"""The moment in which a job of an executor or a pool is done, and that in which somebody asks how.

Between the end of a job and the news of it anything may happen: of two jobs that have ended, either
may be heard of first. Who waits for a result cannot tell. Who has asked to be called back (an event
loop has) or waits for the first of several can.

An exception that ends a job is kept for whoever asks; who never asks never hears of it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from functools import partial
from threading import Timer
from typing import Any, Final, TypeVar

from pytest_concurrency._compat import is_listened_to, is_of_threads, run_work_item
from pytest_concurrency.runtime.helpers.access import touch
from pytest_concurrency.runtime.helpers.methods import noting
from pytest_concurrency.runtime.scheduler.baton import baton as _b
from pytest_concurrency.runtime.trace.operations import USE
from pytest_concurrency.runtime.trace.resource import WHOLE
from pytest_concurrency.runtime.trace.sites import add_call_in

_Outcome = TypeVar("_Outcome")
_FUNCTION: Final = add_call_in(Timer.run, "what its function belongs to")
_DONE: Final = add_call_in(run_work_item, "the order in which jobs are done")


class _Order:
    """The order in which jobs are done, whichever executor's they are."""


_ORDER: Final = _Order()


def completing(future: Future[Any], _: int) -> Future[Any]:
    """Precede ``future.set_result(...)``."""
    if is_listened_to(future):
        touch(_DONE, _ORDER, _ORDER, WHOLE, WHOLE, USE)
    return future


def failing(future: Future[Any], site: int) -> Future[Any]:
    """Precede ``future.set_exception(...)``, with what has just been caught."""
    note_failed(future, sys.exc_info()[1])
    return completing(future, site)


def note_failed(outcome: object, error: BaseException | None) -> None:
    """Note that a job has ended so, which ``outcome`` tells whoever asks.

    What is no ``Exception`` (the program ends, a test is skipped) is no failure, nor is it one that
    a job was cancelled.
    """
    kind = type(error)
    if error is None or not issubclass(kind, Exception) or issubclass(kind, CancelledError):
        return
    task = _b.holder()
    if task is not None and not _b.aborting:
        _b.account.failed_jobs.add(outcome, id(task.jobs), task.index, error)


def asking(outcome: _Outcome, _: int) -> _Outcome:
    """Precede a look at how a job has ended."""
    if _b.account.failed_jobs:
        _b.account.failed_jobs.asked(outcome)
    return outcome


def answering(tell: Callable[..., Any], _: int) -> Callable[..., Any]:
    """Wrap what tells the result of a job of a ``multiprocessing.pool``."""
    return partial(_answer, tell)


def timed(function: Any, _: int) -> Any:
    """Wrap what a timer calls."""
    return function if _b.current is None else noting(function, _FUNCTION)


def _answer(tell: Any, part: int, told: tuple[bool, Any]) -> None:
    succeeded, value = told
    if not succeeded and is_of_threads(tell.__self__):
        note_failed(tell.__self__, value)
    tell(part, told)
