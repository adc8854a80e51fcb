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
    """Each worker of xdist takes another one; anybody else the one where it runs, which is likely
    to be free of other explorations.
    """
    worker = os.environ.get("PYTEST_XDIST_WORKER", "").removeprefix("gw")
    if worker.isdigit():
        return cpus[int(worker) % len(cpus)]
    with suppress(OSError, IndexError, ValueError):
        # Field 39 of proc_pid_stat(5), counted behind the name in parentheses.
        here = int(_own_state().rpartition(b")")[2].split()[36])
        if here in cpus:
            return here
    return cpus[0]


def _own_state() -> bytes:
    """Return what the system tells of this process; a file object would take six times as long."""
    number = os.open("/proc/self/stat", os.O_RDONLY)
    try:
        return os.read(number, 4096)
    finally:
        os.close(number)
