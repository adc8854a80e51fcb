"""What processes touch outside memory, as the events of a log: the same that threads leave."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pytest_concurrency.detect.effects import NOT_KNOWN, Content, content_of
from pytest_concurrency.detect.telling import site_of
from pytest_concurrency.detect.values import contents, file_name, show
from pytest_concurrency.model import Access
from pytest_concurrency.runtime.trace.event import (
    Event,
    access,
    location,
    operation,
    part_of,
    site_number,
    thread_of,
)
from pytest_concurrency.runtime.trace.operations import (
    ACQUIRE,
    ONLY_READ,
    OPERATIONS,
    READ,
    RELEASE,
    TRY,
    USE,
    WRITE,
)
from pytest_concurrency.runtime.trace.pending import Operation
from pytest_concurrency.runtime.trace.resource import FILE, OUTSIDE, WHOLE, Resource
from pytest_concurrency.runtime.trace.sites import SITES, InstrumentedSite, add_site
from pytest_concurrency.runtime.trace.synchronisation import Noted
from pytest_concurrency.stress.outside.statements import Touched, touched_at
from pytest_concurrency.stress.outside.touch import WHOLE_THING, Touch, are_entries

_OPERATIONS = {"read": READ, "write": WRITE, "use": USE, "unlock": RELEASE}
_sites: dict[tuple[str, int, str, str], int] = {}
"""Of lines without a point of their own: path, number, function and operation."""


class WrittenDown:
    """The log of one execution, and what its locations are called."""

    def __init__(self, *, in_full: bool) -> None:
        self.log: list[Event] = []
        self.noted: list[Noted] = []
        """How processes have met otherwise."""
        self.accesses: list[Access] = []
        self.contents: list[tuple[Content, Content]] = []
        """Of what is recorded in full: what was in the location before and after."""
        self._in_full = in_full
        self._numbers: dict[object, int] = {}
        """Of places, in the order in which they are met: in another run they have other names."""
        self._names: dict[Resource, str] = {}
        """What locks are called."""
        self._open: list[tuple[int, str]] = []
        """Events of which it is not known yet what has come of them, and their places."""

    def event_of(self, process: int, touch: Touch, *, waits: bool = False) -> Event:
        """Return the event that a touch is; ``waits``: it takes a lock, however long that takes."""
        op = _OPERATIONS.get(touch.deed) or (ACQUIRE if waits else TRY)
        op = READ if op == USE and _of_database(touch).only_reads else op
        resource, part = self._location_of(touch, op)
        if not touch.is_data:
            self._names[resource] = name_of(touch)
        return access(process, number_of(touch, op), resource, part, op)

    def _location_of(self, touch: Touch, op: str) -> tuple[Resource, Any]:
        place = touch.location
        if are_entries(place):
            # Whoever lists names sees all that come and go. What two do to one name is not seen
            # here: they touch one file.
            return self._number(place), self._number(object()) if touch.part else WHOLE
        if not touch.is_data:
            return self._number(("lock", place)), ""
        for kind in OUTSIDE[1:]:
            if place.startswith(f"{kind} "):
                return kind, self._number(place)
        if place.startswith("/"):
            return FILE, self._number(place)
        site = SITES[touch.site] if touch.site >= 0 else None
        if touch.part is None and site is not None and site.name and op in (READ, WRITE):
            return self._number(place), site.name
        is_whole = touch.part is None or touch.part == WHOLE_THING
        return self._number(place), WHOLE if is_whole else touch.part

    def _number(self, key: object) -> int:
        return self._numbers.setdefault(key, len(self._numbers))

    def add(self, event: Event, touch: Touch, step: int) -> None:
        """Write down what is about to take place."""
        self.settle()
        self.log.append(event)
        if not self._in_full:
            return
        op = operation(event)
        before, value = _now(touch)
        if op not in ONLY_READ:
            value = ""
            self._open.append((len(self.accesses), touch.location))
        self.contents.append((before, before))
        kind = OPERATIONS[op].shown if op != TRY else "acquire"
        process, site = thread_of(event), site_of(site_number(event))
        self.accesses.append(Access(process, step, kind, name_of(touch), site, value))

    def note(self, process: int, site: int, resource: Resource, part: Any, op: str) -> None:
        """Note how a process has met another one: it has got a lock, it has ended."""
        self.noted.append((len(self.log), process, site, resource, part, op))

    def names_of(self, locks: Iterable[Resource]) -> tuple[str, ...]:
        """Return what these locks are called."""
        return tuple(self._names[lock] for lock in locks)

    def settle(self) -> None:
        """What was about to take place has taken place."""
        for index, place in self._open:
            after, value = _now_at(place)
            self.contents[index] = (self.contents[index][0], after)
            old = self.accesses[index]
            self.accesses[index] = Access(
                old.thread, old.step, old.op, old.location, old.site, value
            )
        self._open.clear()


def _of_database(touch: Touch) -> Touched:
    """Say what is touched in a database, as far as the source shows it."""
    is_seen = touch.is_in_database and touch.site >= 0
    return touched_at(SITES[touch.site]) if is_seen else Touched()


def operation_of(event: Event, *, waits: bool) -> Operation:
    """Return what stands for an event that is about to be."""
    target = hash(location(event))
    return Operation(site_number(event), target, part_of(event), operation(event), waits)


def number_of(touch: Touch, op: str) -> int:
    """Return the number of a touch's site; a line of its own where it has none."""
    if touch.site >= 0:
        return touch.site
    path, line, function = touch.line or ("", 0, "")
    key = (path, line, function, op)
    if key not in _sites:
        shown = OPERATIONS[op].shown
        _sites[key] = add_site(InstrumentedSite(path, line, 0, function, shown, "", ""))
    return _sites[key]


def name_of(touch: Touch) -> str:
    """Name what is touched as it is named between threads."""
    place = touch.location
    site = SITES[touch.site] if touch.site >= 0 else None
    if place.startswith("/"):
        if are_entries(place):
            return f"folder {file_name(Path(place).parent)}"
        if named := _of_database(touch).name:
            return named
        kind = "file" if touch.is_data else "lock on file"
        return f"{kind} {file_name(Path(place))}"
    if not place.startswith("<object"):
        return place.strip("<>")
    if site is None:
        return touch.owner or "shared memory"
    if not touch.is_data:
        return f"lock {site.label or touch.owner}"
    if touch.part is None and site.name and site.op in (READ, WRITE):
        return site.label or f"{touch.owner}.{site.name}"
    is_item = touch.part is not None and touch.part != WHOLE_THING
    return f"{site.label}[{touch.part}]" if is_item else site.label or touch.owner


def _now(touch: Touch) -> tuple[Content, str]:
    return _now_at(touch.location) if touch.is_data else (NOT_KNOWN, "")


def _now_at(place: str) -> tuple[Content, str]:
    """Return what is in a file."""
    text = contents(place) if place.startswith("/") and not are_entries(place) else None
    if not isinstance(text, str):
        return NOT_KNOWN, ""
    return content_of(text, state=False), show(text)
