"""Threads that a forked process does not have: fixtures or earlier tests have started them."""

from __future__ import annotations

import threading

from pytest_concurrency._compat import target_of
from pytest_concurrency._origins import serves_the_run
from pytest_concurrency.runtime.scheduler.baton import baton

_EXECUTORS = "concurrent.futures."
"""Their workers stay idle for as long as the executor lives, and executions give it others."""
_MOST_NAMES = 3


def threads_that_stay_behind() -> str:
    """Say in one sentence which threads of this process its children will not have; "" if none."""
    names = [
        thread.name
        for thread in threading.enumerate()
        if thread is not threading.main_thread() and not is_machinery(thread)
    ]
    if not names:
        return ""
    shown = ", ".join(names[:_MOST_NAMES]) + (", ..." if len(names) > _MOST_NAMES else "")
    one = len(names) == 1
    return (
        f"the thread{'' if one else 's'} {shown}, which a fixture or an earlier test has started, "
        f"{'does' if one else 'do'} not exist in the forked processes in which tests are stressed: "
        "what waits there for an answer waits in vain"
    )


def is_machinery(thread: threading.Thread) -> bool:
    """Whether nobody misses a thread in a forked process: it serves the run, or an executor."""
    target = target_of(thread)
    modules = (type(thread).__module__, getattr(target, "__module__", None) or "")
    ours = thread.ident is not None and thread.ident in baton.ours
    return ours or any(
        serves_the_run(each) or f"{each}.".startswith(_EXECUTORS) for each in modules
    )
