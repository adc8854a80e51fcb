"""Which reads of an execution are in what was written: for the writes that need marks.

The marks of an activation are gone through as its statements were: what a name holds is what was
read in the statement that bound it last, and what the names in there held. Only writes that come
after another thread's are asked about, and activations that go on there: the marks of the others
are not gone through.
"""

from __future__ import annotations

from bisect import bisect, bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from pytest_concurrency.runtime.helpers.marks import MEANINGS, Mark, Meaning, Origin

_NOTHING: frozenset[int] = frozenset()


@dataclass(slots=True)
class _Frame:
    """A frame of a task, and how far its marks have been gone through. Its address may be that of
    several activations, one after another.
    """

    marks: list[tuple[int, int]] = field(default_factory=list)
    """Where it came to a mark, as an index into the log, and to which one."""
    begins: list[int] = field(default_factory=list)
    """Where an activation began, as an index into the log."""
    first: list[int] = field(default_factory=list)
    """The same as an index into ``marks``."""
    next: int = 0
    names: dict[str, frozenset[int]] = field(default_factory=dict)
    last: dict[int, int] = field(default_factory=dict)
    """When it came to a mark last."""


@dataclass(slots=True)
class _Stores:
    """What a task stores at a site: when that begins, in which frame."""

    begun: list[tuple[int, tuple[int, int], Origin]] = field(default_factory=list)
    next: int = 0
    waiting: list[tuple[int, tuple[int, int], Origin]] = field(default_factory=list)


class Provenance:
    """Goes through the marks of an execution along with its log."""

    def __init__(self, marks: Sequence[Mark]) -> None:
        self._marks = marks
        self._reads: dict[tuple[int, int], list[int]] = {}
        """By task and site: when it was read there, as indices into the log."""
        self._written_back: dict[tuple[int, int], list[int]] = {}
        """By task and site: when it was about to be done, the first one last."""
        for position, task, _, number in reversed(marks):
            if number < 0:
                self._written_back.setdefault((task, -1 - number), []).append(position)
        meanings = [MEANINGS[number] for number in {mark[3] for mark in marks} if number >= 0]
        origins = [origin for each in meanings for _, origin in (*each.bound, *each.stored)]
        self.sites = frozenset[int]().union(*(origin.sites for origin in origins))
        """Where reads matter: those alone are noted."""

    def note_read(self, task: int, site: int, index: int) -> None:
        """Take note of a read."""
        self._reads.setdefault((task, site), []).append(index)

    def is_written_back(self, task: int, site: int, index: int) -> bool:
        """Whether what is stored by the event ``index`` of the log is the very object that was
        loaded from there.
        """
        if not self._written_back:
            return False
        noted = self._written_back.get((task, site), [])
        found = False
        while noted and noted[-1] <= index:
            noted.pop()
            found = True
        return found

    def reads_in(
        self, task: int, site: int, index: int, before: int | None = None
    ) -> Iterator[int]:
        """Yield the reads, as indices into the log, in what ``task`` stores at ``site`` by the
        event ``index``; with ``before``: none if all of them come later than that.
        """
        stores = self._stores.get((task, site))
        if stores is None:
            return
        while stores.next < len(stores.begun) and stores.begun[stores.next][0] <= index:
            stores.waiting.append(stores.begun[stores.next])
            stores.next += 1
        if stores.waiting:
            since, where, origin = stores.waiting.pop()
            frame = self._frames[where]
            activation = bisect(frame.begins, index) - 1
            if before is None or activation < 0 or frame.begins[activation] <= before:
                self._advance(frame, task, index)
                yield from self._resolved(frame, task, origin, since, index)

    @cached_property
    def _frames(self) -> dict[tuple[int, int], _Frame]:
        """By task and frame."""
        frames: dict[tuple[int, int], _Frame] = {}
        for position, task, address, number in self._marks:
            if number >= 0:
                frame = frames.get((task, address))
                if frame is None:
                    frame = frames[task, address] = _Frame()
                if MEANINGS[number].begins:
                    frame.begins.append(position)
                    frame.first.append(len(frame.marks))
                frame.marks.append((position, number))
        return frames

    @cached_property
    def _stores(self) -> dict[tuple[int, int], _Stores]:
        """By task and site."""
        stores: dict[tuple[int, int], _Stores] = {}
        for position, task, address, number in self._marks:
            if number >= 0:
                for site, origin in MEANINGS[number].stored:
                    found = stores.setdefault((task, site), _Stores())
                    found.begun.append((position, (task, address), origin))
        return stores

    def _advance(self, frame: _Frame, task: int, index: int) -> None:
        """Go through the marks of the activation that goes on at the event ``index`` of the log."""
        marks, activation = frame.marks, bisect(frame.begins, index) - 1
        if activation >= 0 and frame.next <= frame.first[activation]:
            frame.next = frame.first[activation]
            frame.names = {}
        begun = frame.begins[activation] if activation >= 0 else 0
        while frame.next < len(marks) and marks[frame.next][0] <= index:
            meaning = MEANINGS[marks[frame.next][1]]
            if meaning.bound:
                self._bind(frame, task, meaning, begun)
            frame.next += 1

    def _bind(self, frame: _Frame, task: int, meaning: Meaning, since: int) -> None:
        position, number = frame.marks[frame.next]
        if not meaning.repeats:
            # Whatever was read there before belongs to the binding before.
            since = max(since, frame.last.get(number, since))
            frame.last[number] = position
        bound = {
            name: self._resolved(frame, task, origin, since, position, is_last=meaning.repeats)
            for name, origin in meaning.bound
        }
        frame.names.update(bound)

    def _resolved(
        self,
        frame: _Frame,
        task: int,
        origin: Origin,
        since: int,
        until: int,
        *,
        is_last: bool = False,
    ) -> frozenset[int]:
        found = frozenset().union(*(frame.names.get(name, _NOTHING) for name in origin.names))
        read: list[int] = []
        for site in origin.sites:
            times = self._reads.get((task, site), [])
            first, end = bisect_left(times, since), bisect_left(times, until)
            read += times[max(first, end - 1) : end] if is_last else times[first:end]
        return found.union(read)
