"""Tasks of an event loop: they take turns in one thread, at each ``await``.

What one of them has read may be stale after an ``await``, as it may be after a scheduling point.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any
from weakref import ReferenceType, ref

from pytest_concurrency._compat import running_loop
from pytest_concurrency.detect.conflicts import Conflict, is_read, is_write
from pytest_concurrency.detect.lost_update import lost_updates
from pytest_concurrency.runtime.trace.event import Log, done_by, location, thread_of


class Strands:
    """Numbers who runs: tasks of event loops from 0, threads outside of tasks below that."""

    def __init__(self) -> None:
        self._numbers: dict[int, tuple[ReferenceType[Any], int]] = {}
        """By the task's address, which is its own as long as it lives."""
        self._count = count()

    def current(self, thread: int) -> int:
        """Return the number of what runs in the calling thread, whose index is given."""
        task = _current_task()
        if task is None:
            return -1 - thread
        known = self._numbers.get(id(task))
        if known is None or known[0]() is not task:
            known = self._numbers[id(task)] = (ref(task), next(self._count))
        return known[1]


def _current_task() -> object | None:
    loop = running_loop()
    if loop is None:
        return None
    tasks = sys.modules.get("asyncio.tasks")
    return None if tasks is None else tasks.current_task(loop)


def over_an_await(log: Log, strands: Sequence[int]) -> tuple[Conflict, ...]:
    """Return, of an execution that failed, the read of a task and the write of another task of the
    same thread that made it stale, before the first one has written.

    Where it is known that the value read flows into what was written, the first such; else only
    if there is but one location that it may be.
    """
    threads = {strand: thread_of(event) for strand, event in zip(strands, log, strict=True)}
    told = [done_by(strand, event) for strand, event in zip(strands, log, strict=True)]
    for found in lost_updates(told):
        one, other = strands[found.read], strands[found.foreign_write]
        if found.flows and one >= 0 and threads[one] == threads[other]:
            return (Conflict(found.read, found.foreign_write),)
    places: dict[Any, Conflict] = {}
    for read, foreign, _ in overtaken_over_awaits(log, strands):
        conflict = Conflict(read, foreign)
        places.setdefault(location(log[conflict.second]), conflict)
    return tuple(places.values()) if len(places) == 1 else ()


def overtaken_over_awaits(log: Log, strands: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """Yield the last read of a task at a location, the write of another task of the same thread,
    and what the first one wrote there after that, without another look.
    """
    reads: dict[Any, dict[int, int]] = {}
    stale: dict[Any, dict[int, Conflict]] = {}
    for index, event in enumerate(log):
        key, strand = location(event), strands[index]
        if is_read(event) and strand >= 0:
            reads.setdefault(key, {})[strand] = index
            stale.get(key, {}).pop(strand, None)
        elif is_write(event):
            conflict = stale.get(key, {}).pop(strand, None)
            if conflict is not None:
                yield (*conflict, index)
            for other, when in reads.get(key, {}).items():
                if other != strand and thread_of(log[when]) == thread_of(event):
                    stale.setdefault(key, {}).setdefault(other, Conflict(when, index))
            reads.get(key, {}).pop(strand, None)
