"""The moment in which a job of an executor is done.

Between the end of a job and the news of it anything may happen: of two jobs that have ended, either
may be heard of first. Who waits for a result cannot tell. Who has asked to be called back (an event
loop has) or waits for the first of several can.
"""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any, Final

from pytest_concurrency._compat import is_listened_to, run_work_item
from pytest_concurrency.runtime.helpers.access import touch
from pytest_concurrency.runtime.trace.operations import USE
from pytest_concurrency.runtime.trace.resource import WHOLE
from pytest_concurrency.runtime.trace.sites import add_call_in

_DONE: Final = add_call_in(run_work_item, "the order in which jobs are done")


class _Order:
    """The order in which jobs are done, whichever executor's they are."""


_ORDER: Final = _Order()


def completing(future: Future[Any], _: int) -> Future[Any]:
    """Precede ``future.set_result(...)`` and ``future.set_exception(...)``."""
    if is_listened_to(future):
        touch(_DONE, _ORDER, _ORDER, WHOLE, WHOLE, USE)
    return future
