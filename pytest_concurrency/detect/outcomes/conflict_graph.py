"""Whether the workers of an execution did what they did as if one after another.

Where the graph of their conflicts has no cycle, any order that agrees with it is a serial execution
with the same outcome: there is nothing to be asked (Bernstein, Hadzilacos and Goodman, "Concurrency
Control and Recovery in Database Systems", 1987, theorem 2.1).
"""

from __future__ import annotations

from collections.abc import Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Any

from pytest_concurrency.runtime.trace.event import Log, rows
from pytest_concurrency.runtime.trace.operations import (
    CALL,
    ONLY_READ,
    READ,
    STEP,
    SYNCHRONISE,
    WRITE,
)
from pytest_concurrency.runtime.trace.resource import WHOLE
from pytest_concurrency.runtime.trace.sites import SITES
from pytest_concurrency.runtime.trace.synchronisation import Noted, merged

_OF_QUEUES = frozenset({"put", "get", "put_nowait", "get_nowait", "qsize", "empty", "full"})
"""Methods that hand on data, besides synchronising."""

_Uses = tuple[set[int], set[int]]
"""Who has read, and who has written."""


def is_interleaved(log: Log, noted: Sequence[Noted]) -> bool:
    """Whether no order of the workers has all their conflicts the same way round."""
    if any(op == STEP for *_, op in noted):
        log = list(merged(log, noted))
    places: dict[Any, dict[Any, _Uses]] = {}
    before: dict[int, set[int]] = {}
    looks = _passing_looks(log)
    for index, (thread, number, resource, part, op) in enumerate(rows(log)):
        if not thread or index in looks or (op in SYNCHRONISE and not _hands_on(op, number)):
            continue
        parts = places.get(resource)
        if parts is None:
            parts = places[resource] = {}
        uses = parts.get(part)
        if uses is None:
            uses = parts[part] = (set(), set())
        is_read = op in ONLY_READ
        met = parts.values() if part is WHOLE else (uses, parts.get(WHOLE, uses))
        for readers, writers in met:
            if len(writers) > (thread in writers):
                before.setdefault(thread, set()).update(writers)
            if not is_read and len(readers) > (thread in readers):
                before.setdefault(thread, set()).update(readers)
        uses[not is_read].add(thread)
    return _has_cycle(before)


def _passing_looks(log: Log) -> set[int]:
    """Return the reads, by index, that are made again at the same site before the thread has
    written there: a flag that is polled, another attempt. Each time what is new is wanted.
    """
    found: set[int] = set()
    latest: dict[tuple[int, int, Any, Any], int] = {}
    written: dict[tuple[int, Any, Any], int] = {}
    for index, (thread, number, resource, part, op) in enumerate(rows(log)):
        if op == READ:
            before = latest.get((thread, number, resource, part), -1)
            if before > written.get((thread, resource, part), -1):
                found.add(before)
            latest[thread, number, resource, part] = index
        elif op == WRITE:
            written[thread, resource, part] = index
    return found


def _hands_on(op: str, number: int) -> bool:
    return op == CALL and SITES[number].name in _OF_QUEUES


def _has_cycle(before: dict[int, set[int]]) -> bool:
    graph = {thread: others - {thread} for thread, others in before.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError:
        return True
    return False
