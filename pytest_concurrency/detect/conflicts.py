"""Which accesses of an execution conflict: two threads, one location, one of them writes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from pytest_concurrency.runtime.patches.threads import THREAD_END
from pytest_concurrency.runtime.trace.event import (
    Event,
    Log,
    effect,
    location,
    operation,
    site_number,
    thread_of,
)
from pytest_concurrency.runtime.trace.operations import ACQUIRE, MAY_WRITE, ONLY_READ, RELEASE
from pytest_concurrency.runtime.trace.resource import WHOLE


class Conflict(NamedTuple):
    """Two accesses whose order may matter, as indices into the log."""

    first: int
    second: int


def is_read(event: Event) -> bool:
    """Whether an event reads a location (or goes through a container), and writes nothing."""
    return operation(event) in ONLY_READ


def _holds(event: Event) -> bool:
    """Whether an event takes a lock, tries to, or gives it back."""
    takes, gives = effect(event).acquires, effect(event).releases
    return (takes or gives) and site_number(event) != THREAD_END


def is_write(event: Event) -> bool:
    """Whether an event writes a location, or may: it is not known what a use or a call does."""
    return operation(event) in MAY_WRITE


def conflicts_of(log: Log, *, all_of_them: bool = False) -> list[Conflict]:
    """Return the conflicts of an execution, in the order of their second accesses; all of them:
    with those of the main thread before others do something, and after they have ended, and of
    those who try a lock, or ask whether it is held, with its holders.

    Of the writes before an access only the last one counts; of the reads before a write, the first
    at each site since the reader itself has written: whoever writes before the first step of a loop
    writes before the loop.
    """
    reads: dict[Any, dict[Any, dict[tuple[int, int], int]]] = {}
    writes: dict[Any, dict[Any, int]] = {}
    found = []
    for index in range(len(log)) if all_of_them else while_others_run(log):
        event = log[index]
        thread, (obj, part) = thread_of(event), location(event)
        if is_read(event):
            seen = reads.setdefault(obj, {}).setdefault(part, {})
            seen.setdefault((thread, site_number(event)), index)
            before = [*_overlapping(writes.get(obj, {}), part)]
        elif is_write(event) or (all_of_them and _holds(event)):
            before = [*_overlapping(writes.get(obj, {}), part)]
            writes.setdefault(obj, {})[part] = index
            for seen in _overlapping(reads.get(obj, {}), part):
                before += seen.values()
                for key in [key for key in seen if key[0] == thread]:
                    del seen[key]
        else:
            continue
        before = [each for each in sorted(before) if thread_of(log[each]) != thread]
        found += [Conflict(b, index) for b in before if not _only_waits(log[b], event)]
    return found


def _only_waits(one: Event, other: Event) -> bool:
    """Whether both take a lock, or give it back: whoever comes second waits, and that is all."""
    return {operation(one), operation(other)} <= {ACQUIRE, RELEASE}


def _overlapping(parts: dict[Any, Any], part: Any) -> Iterator[Any]:
    """Yield what is known of this part: a container as a whole is all its items."""
    for each in list(parts) if part is WHOLE else (part, WHOLE):
        if each in parts:
            yield parts[each]


def while_others_run(log: Log) -> range:
    """Leave out what the main thread does before the others start and after they have ended."""
    others = [index for index, event in enumerate(log) if thread_of(event)]
    return range(others[0], others[-1] + 1) if others else range(len(log))
