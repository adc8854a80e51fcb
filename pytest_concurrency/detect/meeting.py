"""Where threads met in an execution that failed: the location and the two lines to show first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pytest_concurrency.detect.lost_update import operation
from pytest_concurrency.runtime.access import location_key


def find_meeting(log: Sequence[tuple[Any, ...]]) -> tuple[int, int] | None:
    """Return the indices of the last two accesses that conflict, None if no two threads met.

    Preferred are a read and the write of another thread that made it stale.
    """
    last_read: dict[tuple[Any, ...], dict[int, int]] = {}
    last_write: dict[tuple[Any, ...], int] = {}
    stale: tuple[int, int] | None = None
    other: tuple[int, int] | None = None
    for index in _while_others_run(log):
        event = log[index]
        op = operation(event).removeprefix("file-")
        if op not in ("read", "write"):
            continue
        key = location_key(event)
        if op == "write":
            foreign = [
                when for thread, when in last_read.get(key, {}).items() if thread != event[0]
            ]
            if foreign:
                stale = (max(foreign), index)
        before = last_write.get(key)
        if before is not None and log[before][0] != event[0]:
            other = (before, index)
        if op == "read":
            last_read.setdefault(key, {})[event[0]] = index
        else:
            last_write[key] = index
    return stale or other


def _while_others_run(log: Sequence[tuple[Any, ...]]) -> range:
    """Leave out what the main thread does before the others start and after they have ended."""
    others = [index for index, event in enumerate(log) if event[0]]
    return range(others[0], others[-1] + 1) if others else range(len(log))
