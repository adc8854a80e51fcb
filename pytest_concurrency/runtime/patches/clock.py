"""Virtual time: under the scheduler, sleeping costs nothing and clocks follow the sleeps.

A sleep or timeout ends when nothing else can run, in the order of the deadlines. Every look at a
clock moves it a little, so that a loop that polls the clock ends. While a thread computes for long,
or is blocked out of sight, virtual time passes as real time does (the watchdog sees to it).
"""

from __future__ import annotations

import operator
import time
from collections.abc import Callable
from threading import TIMEOUT_MAX
from typing import Any

from pytest_concurrency import real_time
from pytest_concurrency._compat import getframe
from pytest_concurrency.runtime.patches.pipes_and_children import nap
from pytest_concurrency.runtime.scheduler.baton import baton as _b
from pytest_concurrency.runtime.system.disguise import is_in_c
from pytest_concurrency.runtime.tasks.task import Waiting

_real_sleep = real_time.sleep


def _is_outward(namespace: dict[str, Any]) -> bool:
    """Whether a function is one of ``subprocess``, which looks again and again whether a process
    has ended, by a clock that it has imported by name: there time is real.
    """
    return namespace.get("__name__") == "subprocess"


def sleep(seconds: Any, /) -> None:
    """Replace ``time.sleep``."""
    task = _b.holder()
    if task is None:
        _real_sleep(seconds)
        return
    if _is_outward(getframe(1).f_globals):
        nap(task, "a child process", seconds)
        return
    if hasattr(type(seconds), "__index__"):
        seconds = operator.index(seconds)
    if not isinstance(seconds, (int, float)) or not 0 <= seconds <= TIMEOUT_MAX:
        _real_sleep(seconds)  # which says what is wrong
        return
    _b.block(task, Waiting("sleep", seconds), -1 - task.index, float(seconds))


def _virtual(real: Callable[[], Any], per_second: int) -> Callable[[], Any]:
    start = real()

    def now() -> Any:
        if _is_outward(getframe(1).f_globals):
            return real()
        seconds = _b.clock.outside() if _b.holder() is None else _b.look_at_clock()
        elapsed = seconds * per_second
        return start + (elapsed if per_second == 1 else int(elapsed))

    now.__name__ = real.__name__
    return now


def patches() -> dict[str, Any]:
    """Return replacements for functions of ``time``, by name; virtual clocks start at
    the present.
    """
    replacements: dict[str, Any] = {"sleep": sleep}
    for name in ("time", "monotonic", "perf_counter"):
        replacements[name] = _virtual(getattr(time, name), 1)
        replacements[name + "_ns"] = _virtual(getattr(time, name + "_ns"), 1_000_000_000)
    # A clock that somebody else has replaced, to freeze it, say, is as it is.
    return {name: new for name, new in replacements.items() if is_in_c(getattr(time, name))}
