"""Writes down an execution in full, with values: used for the one execution that is shown, not
while searching.
"""

from __future__ import annotations

import linecache
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pytest_concurrency.detect.effects import NOT_KNOWN, Content, content_of
from pytest_concurrency.detect.lost_update import operation
from pytest_concurrency.model import Access, Operation, Site
from pytest_concurrency.runtime.access import FILE, location_key
from pytest_concurrency.runtime.baton import baton
from pytest_concurrency.runtime.foreign import USE
from pytest_concurrency.runtime.operation import TRY
from pytest_concurrency.runtime.serials import alive
from pytest_concurrency.runtime.sites import SITES
from pytest_concurrency.search.strands import Strands
from pytest_concurrency.search.values import MISSING, location_name, peek, show

if TYPE_CHECKING:
    from pytest_concurrency.search.observation import Observation

_OPERATIONS: dict[str, Operation] = {
    "file-read": "read",
    "file-write": "write",
    USE: "call",
    TRY: "acquire",
}


_SITE, _VALUE = 4, 5
"""Positions of fields of ``Access``."""


def site_of(number: int) -> Site:
    """Return the site with this number as it is shown."""
    site = SITES[number]
    source = linecache.getline(site.path, site.line).strip()
    return Site(site.path, site.line, site.column, site.function, source)


def recorded(run: Callable[[], Observation]) -> Observation:
    """Return what ``run`` observes, with the full record of its execution."""
    recorder = _Recorder()
    baton.observer = recorder.observe
    try:
        observation = run()
    finally:
        baton.observer = None
    count = len(observation.execution.log)
    observation.accesses = recorder.result()[:count]
    observation.contents = recorder.contents[:count]
    observation.strands = recorder.strands[:count]
    return observation


class _Recorder:
    """Collects an ``Access`` for each event of the execution's log, in the same order."""

    def __init__(self) -> None:
        self._accesses: list[list[Any]] = []
        """What each ``Access`` is made from: an execution that spins has tens of thousands."""
        self.contents: list[tuple[Content, Content]] = []
        """What was in each access's location before and after it."""
        self.strands: list[int] = []
        """Who did it: of one thread, each task of its event loop is somebody else."""
        self._strands = Strands()
        self._write: tuple[int, tuple[Any, ...], Callable[[], object], object] | None = None
        """The last write: its position, event, what gives its object if that is still there, and
        the name."""
        self._owners: dict[Any, tuple[tuple[Any, ...], Callable[[], object], object, str]] = {}
        """Where the program has looked by name, and what it is called there."""
        self._names: dict[Any, str] = {}
        """Of objects that have no name where they are touched, by number."""

    def result(self) -> tuple[Access, ...]:
        """Return the record."""
        self._settle()
        sites = {number: site_of(number) for number in {each[_SITE] for each in self._accesses}}
        for each in self._accesses:
            each[_SITE] = sites[each[_SITE]]
        return tuple(Access(*each) for each in self._accesses)

    def observe(self, event: tuple[Any, ...], obj: object, name: object) -> None:
        self._settle()
        task = baton.current
        assert task is not None
        self.strands.append(self._strands.current(task.index))
        op = operation(event)
        shown = _OPERATIONS.get(op, op)
        found = peek(event, obj, name) if shown in ("read", "write") else MISSING
        location = location_name(event, obj, name, self._called(event, obj))
        if shown == "read" and type(name) is str and event[2] is not FILE:
            self._owners[location_key(event)] = (event, alive(obj), name, location)
        value = found if shown == "read" else MISSING
        # What has been written to a file may still be in a buffer.
        content = NOT_KNOWN if found is MISSING or event[2] is FILE else content_of(found)
        self.contents.append((content, content if shown == "read" else NOT_KNOWN))
        self._accesses.append(
            [
                task.index,
                task.steps + baton.points_since_decision,
                shown,
                location,
                event[1],
                show(value),
            ]
        )
        if shown == "write":
            self._write = (len(self._accesses) - 1, event, alive(obj), name)

    def _called(self, event: tuple[Any, ...], obj: object) -> str:
        """Name the object whose bound method a variable holds, or that a call gave: as what still
        refers to it; "" if it is not known, or no such object.
        """
        site = SITES[event[1]]
        if not (site.is_bound or site.label.endswith(")")):
            return ""
        if event[2] not in self._names:
            self._names[event[2]] = next(
                (
                    location
                    for read, owner, name, location in self._owners.values()
                    if (at := owner()) is not None and peek(read, at, name) is obj
                ),
                "",
            )
        return self._names[event[2]]

    def _settle(self) -> None:
        """Fill in the value of the last write, which has taken place by now."""
        if self._write is not None:
            index, event, owner, name = self._write
            self._write = None
            obj = owner()
            if obj is not None:
                found = peek(event, obj, name)
                self._accesses[index][_VALUE] = show(found)
                if found is not MISSING and event[2] is not FILE:
                    self.contents[index] = (self.contents[index][0], content_of(found))
