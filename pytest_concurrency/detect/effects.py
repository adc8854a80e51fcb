"""What an overwriting write has done to the value: whether anything was lost.

Asked of executions that have been recorded in full. Three things show that nothing was:

- what was there is what had been read: the read was not stale (where the execution fails: and
  nobody has written anything else meanwhile);
- the thread has read the location again, keeps what is there or goes by it, and puts back just
  what it had read before: an exchange, a free list, a place that is asked whether it is empty;
- in an execution that passes, the values in the end are those that some serial order gives, or
  the very object was stored that was there, as in all serial orders: ``p = p.rstrip()``,
  ``x or DEFAULT``, ``max(last, same)`` may be done twice. (Final-state serializability:
  Papadimitriou, "The Serializability of Concurrent Database Updates", J. ACM 26 (4), 1979.)
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from pytest_concurrency.detect.likeness import likeness_of
from pytest_concurrency.detect.lost_update import LostUpdate
from pytest_concurrency.detect.through_calls import is_decided, is_kept
from pytest_concurrency.runtime.effects.memory import ids_of
from pytest_concurrency.runtime.trace.event import (
    Log,
    location,
    operation,
    rows,
    site_number,
    thread_of,
)
from pytest_concurrency.runtime.trace.operations import ONLY_READ, WRITE
from pytest_concurrency.runtime.trace.resource import WHOLE, Location

_PLAIN = ids_of((int, float, complex, bool, str, bytes, type(None)))
_CONTAINERS = ids_of((list, tuple, dict, set, frozenset, deque))
_VALUES = _PLAIN | ids_of((tuple, frozenset))
_MOST = 64
"""Items of a container that is compared by what is in it."""
_DEEPEST = 3
_UNKNOWN = object()


class Content(NamedTuple):
    """What was in a location at some time, as far as can be said without running code of the
    program."""

    identity: int = 0
    """The address of an object that is more than its value; 0: a value, or nothing known."""
    value: Any = None
    """Equal for equal values; None if they cannot be compared."""
    likeness: Any = None
    """Equal for two objects in the same state; None where ``value`` is known, or nobody asks."""

    def is_like(self, other: Content) -> bool:
        """Whether both are known, and in the same state."""
        if self.value is not None and other.value is not None:
            return bool(self.value == other.value)
        return self.likeness is not None and bool(self.likeness == other.likeness)

    def is_same(self, other: Content) -> bool:
        """Whether both are known, and one object, or equal."""
        if self.value is not None and other.value is not None:
            return bool(self.value == other.value)
        return self.is_same_object(other)

    def is_same_object(self, other: Content) -> bool:
        """Whether both are one object that is more than its value."""
        return self.identity != 0 and self.identity == other.identity


NOT_KNOWN = Content()
Contents = Sequence[tuple[Content, Content]]
"""For each event of a log, what was in its location before and after it."""


def content_of(value: object, *, state: bool) -> Content:
    """Return what ``value`` is compared by; with ``state`` by all that it is made of, too."""
    if type(value) is int:
        return _content_of_int(value)
    compared = _compared(value, _DEEPEST)
    if compared is not _UNKNOWN:
        is_value = id(type(value)) in _VALUES
        return Content(0 if is_value else id(value), compared)
    return Content(id(value), None, likeness_of(value) if state else None)


@lru_cache(maxsize=1024)
def _content_of_int(value: int) -> Content:
    return Content(0, ("int", value))


def _compared(value: object, depth: int) -> Any:
    kind: type = type(value)
    if id(kind) in _PLAIN:
        return (kind.__name__, value)
    if not depth or id(kind) not in _CONTAINERS:
        return _UNKNOWN
    parts: Any = value
    if len(parts) > _MOST:
        return _UNKNOWN
    flat = [each for pair in parts.items() for each in pair] if kind is dict else list(parts)
    found = [_compared(part, depth - 1) for part in flat]
    if _UNKNOWN in found:
        return _UNKNOWN
    if kind is dict:
        return (kind.__name__, frozenset(zip(found[::2], found[1::2], strict=True)))
    return (kind.__name__, frozenset(found) if kind in (set, frozenset) else tuple(found))


def is_unchanged(one: Content, other: Content, where: Location) -> bool:
    """Whether the same was at a location twice. What becomes of a container as a whole makes no
    other object of it: there only its state tells.
    """
    return one.is_like(other) if where[1] is WHOLE else one.is_same(other)


def was_stale(log: Log, contents: Contents, found: LostUpdate, *, failed: bool) -> bool:
    """Whether another value was overwritten than the one that had been read.

    A value that was changed there and back may be why an execution fails.
    """
    before, read, where = contents[found.write][0], contents[found.read][1], log[found.write]
    if not failed:
        return not is_unchanged(read, before, location(where))
    return not all(
        is_unchanged(was, became, location(where))
        for event, (was, became) in zip(
            log[found.read : found.write], contents[found.read :], strict=False
        )
        if operation(event) == WRITE
        and thread_of(event) != thread_of(where)
        and location(event) == location(where)
    )


def was_exchanged(log: Log, contents: Contents, found: LostUpdate) -> bool:
    """Whether what was overwritten is kept by the thread, or had to be so, and it puts back what
    it had read.

    What is made of the value that was read is another one: there nothing is put back.
    """
    write = log[found.write]
    before, after = contents[found.write]
    return _is_still(contents[found.read][1], after) and any(
        thread_of(event) == thread_of(write)
        and location(event) == location(write)
        and _is_still(content, before)
        and (is_kept(site_number(event)) or is_decided(site_number(event), site_number(write)))
        for event, (_, content) in zip(
            log[found.foreign_write + 1 : found.write],
            contents[found.foreign_write + 1 :],
            strict=False,
        )
    )


def _is_still(one: Content, other: Content) -> bool:
    """Whether both are one object, whatever has become of it, or equal values."""
    return one.is_same_object(other) or one.is_same(other)


def loses_nothing(
    log: Log, contents: Contents, found: LostUpdate, serials: Callable[[], Sequence[Serial]]
) -> bool:
    """Whether the values of an execution that passes show that nothing was lost."""
    return (
        not was_stale(log, contents, found, failed=False)
        or was_exchanged(log, contents, found)
        or as_in(log, contents, found, serials())
    )


@dataclass(frozen=True, slots=True)
class Serial:
    """What the threads did one after another, in some order."""

    ends: Mapping[Any, list[str]]
    """For each part that locations have (an attribute's name, a key), what was in these in the
    end; of locations that several threads touched, if there are any of that part."""
    changing: frozenset[int]
    """Write sites that changed a value which another thread had written."""
    left: frozenset[Hashable] = frozenset()
    """What it leaves behind that only concurrency should not (``hygiene/``), by identity."""


def serial_of(log: Log, contents: Contents, left: frozenset[Hashable] = frozenset()) -> Serial:
    """Return what matters of a serial execution."""
    writers: dict[Location, int] = {}
    changing: set[int] = set()
    for row, (before, after) in zip(rows(log), contents, strict=False):
        thread, site, resource, part, op = row
        if op == WRITE:
            if writers.get((resource, part), thread) != thread and not before.is_same(after):
                changing.add(site)
            writers[resource, part] = thread
    return Serial(_ends(log, contents), frozenset(changing), left)


def as_in(log: Log, contents: Contents, found: LostUpdate, serials: Sequence[Serial]) -> bool:
    """Whether an execution that passes ends as a serial one does, as far as locations like the one
    of ``found`` go: the update may be made twice."""
    before, after = contents[found.write]
    if before.is_same_object(after):
        return bool(serials) and all(
            site_number(log[found.write]) not in s.changing for s in serials
        )
    _, part = location(log[found.write])
    ends = _ends(log, contents).get(part)
    is_known = ends is not None and _NOT_COMPARED not in ends
    return is_known and any(ends == serial.ends.get(part) for serial in serials)


_NOT_COMPARED = ""


def _ending(content: Content) -> str:
    try:
        return _NOT_COMPARED if content.value is None else repr(content.value)
    except ValueError:  # an integer that is longer than Python writes down
        return _NOT_COMPARED


def _ends(log: Log, contents: Contents) -> dict[Any, list[str]]:
    last: dict[Location, Content] = {}
    threads: dict[Location, set[int]] = {}
    written: set[Location] = set()
    for event, (_, after) in zip(log, contents, strict=False):
        where = location(event)
        last[where] = after
        threads.setdefault(where, set()).add(thread_of(event))
        if operation(event) not in ONLY_READ:
            written.add(where)
    shared: dict[Any, list[str]] = {}
    alone: dict[Any, list[str]] = {}
    for where, content in last.items():
        # What nobody has written is as it was, though it cannot be compared.
        if where in written or content.value is not None:
            ends = shared if len(threads[where]) > 1 else alone
            ends.setdefault(where[1], []).append(_ending(content))
    return {part: sorted(values) for part, values in {**alone, **shared}.items()}
