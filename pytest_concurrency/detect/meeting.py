"""Where threads met in an execution that failed: the location and the two lines to show first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pytest_concurrency.detect.lost_update import operation
from pytest_concurrency.runtime.access import location_key
from pytest_concurrency.runtime.foreign import USE
from pytest_concurrency.runtime.operation import WHOLE

_Last = dict[Any, dict[Any, dict[int, int]]]
"""By object, then by what of it: when each thread touched it last, as an index into the log."""


def find_meeting(log: Sequence[tuple[Any, ...]]) -> tuple[int, int] | None:
    """Return the indices of the last two accesses that conflict, None if no two threads met.

    Preferred are a read and the write of another thread that made it stale. A use, of which it is
    not known what it does, counts as a write otherwise.
    """
    reads: _Last = {}
    writes: _Last = {}
    stale: tuple[int, int] | None = None
    other: tuple[int, int] | None = None
    for index in _while_others_run(log):
        event = log[index]
        op = operation(event).removeprefix("file-")
        if op not in ("read", "write", USE):
            continue
        thread, (obj, part) = event[0], location_key(event)
        if op == "write":
            foreign = [when for who, when in _overlapping(reads, obj, part) if who != thread]
            if foreign:
                stale = (max(foreign), index)
        before = [when for _, when in _overlapping(writes, obj, part)]
        if before and log[max(before)][0] != thread:
            other = (max(before), index)
        last = reads if op == "read" else writes
        last.setdefault(obj, {}).setdefault(part, {})[thread] = index
    return stale or other


def _overlapping(last: _Last, obj: Any, part: Any) -> Iterator[tuple[int, int]]:
    """Yield the threads that touched this, and when: a container as a whole is all its items."""
    parts = last.get(obj, {})
    for each in parts if part is WHOLE else (part, WHOLE):
        yield from parts.get(each, {}).items()


def _while_others_run(log: Sequence[tuple[Any, ...]]) -> range:
    """Leave out what the main thread does before the others start and after they have ended."""
    others = [index for index, event in enumerate(log) if event[0]]
    return range(others[0], others[-1] + 1) if others else range(len(log))
