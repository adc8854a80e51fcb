"""One CPU for all threads of an exploration: only one of them runs at a time anyway.

A hand-off between two cores takes 60 to 100 µs, on one about 10. There, the scheduling policy
matters, too: under ``SCHED_OTHER`` a thread that is woken preempts its waker, finds the GIL taken,
sleeps again and is woken a second time. Under ``SCHED_BATCH`` it waits until the waker blocks: one
context switch instead of two (sched(7)).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def one_cpu() -> Iterator[None]:
    """Keep the calling thread and those that it starts on one CPU; put everything back
    in the end.
    """
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    cpus = os.sched_getaffinity(0)
    policy = os.sched_getscheduler(0)
    parameter = os.sched_getparam(0)
    # Where a container forbids one of these, exploring is slower, nothing else.
    with suppress(OSError):
        os.sched_setaffinity(0, {_choose(sorted(cpus))})
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    try:
        yield
    finally:
        with suppress(OSError):
            os.sched_setscheduler(0, policy, parameter)
            os.sched_setaffinity(0, cpus)


def _choose(cpus: list[int]) -> int:
    """Each worker of xdist takes another one."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "").removeprefix("gw")
    return cpus[int(worker) % len(cpus) if worker.isdigit() else 0]
