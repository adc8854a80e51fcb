"""Which reads of an execution are in what was written: for the writes that need marks.

The marks of each activation are gone through as its statements were: what a name holds is what was
read in the statement that bound it last, and what the names in there held.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from pytest_concurrency.runtime.helpers.marks import MEANINGS, Mark, Meaning, Origin

_Activation = tuple[int, int]
"""A task, and a frame of it."""
_NOTHING: frozenset[int] = frozenset()


class Provenance:
    """Goes through the marks of an execution along with its log."""

    def __init__(self, marks: Sequence[Mark]) -> None:
        self._marks = marks
        self._next = 0
        self._reads: dict[tuple[int, int], list[int]] = {}
        """By task and site: when it was read there, as indices into the log."""
        self._names: dict[_Activation, dict[str, frozenset[int]]] = {}
        self._begun: dict[_Activation, int] = {}
        self._last: dict[tuple[int, int, int], int] = {}
        """When an activation came to a mark last."""
        self._stored: dict[tuple[int, int], list[tuple[int, int, Origin]]] = {}
        """By task and site: what is about to be stored; when that began, in which frame."""
        self._written_back: set[tuple[int, int]] = set()
        meanings = [MEANINGS[number] for number in {mark[3] for mark in marks} if number >= 0]
        origins = [origin for each in meanings for _, origin in (*each.bound, *each.stored)]
        self.sites = frozenset[int]().union(*(origin.sites for origin in origins))
        """Where reads matter: those alone are noted."""

    def note_read(self, task: int, site: int, index: int) -> None:
        """Take note of a read."""
        self._reads.setdefault((task, site), []).append(index)

    def advance(self, index: int) -> None:
        """Go through the marks before the event ``index`` of the log."""
        marks = self._marks
        while self._next < len(marks) and marks[self._next][0] <= index:
            self._note(marks[self._next])
            self._next += 1

    def is_written_back(self, task: int, site: int) -> bool:
        """Whether what is stored is the very object that was loaded from there."""
        if (task, site) not in self._written_back:
            return False
        self._written_back.remove((task, site))
        return True

    def reads_in(self, task: int, site: int) -> Iterator[int]:
        """Yield the reads, as indices into the log, in what ``task`` is storing at ``site``."""
        waiting = self._stored.get((task, site))
        if waiting:
            since, frame, origin = waiting.pop()
            yield from self._resolved((task, frame), origin, since)

    def _note(self, mark: Mark) -> None:
        position, task, frame, number = mark
        if number < 0:
            self._written_back.add((task, -1 - number))
            return
        meaning = MEANINGS[number]
        activation = (task, frame)
        if meaning.begins:
            self._begun[activation] = position
            self._names[activation] = {}
        for site, origin in meaning.stored:
            self._stored.setdefault((task, site), []).append((position, frame, origin))
        if meaning.bound:
            self._bind(activation, meaning, number, position)

    def _bind(self, activation: _Activation, meaning: Meaning, number: int, position: int) -> None:
        names = self._names.setdefault(activation, {})
        since = self._begun.get(activation, 0)
        if not meaning.repeats:
            # Whatever was read there before belongs to the binding before.
            since = max(since, self._last.get((*activation, number), since))
            self._last[*activation, number] = position
        bound = {
            name: self._resolved(activation, origin, since, is_last=meaning.repeats)
            for name, origin in meaning.bound
        }
        names.update(bound)

    def _resolved(
        self, activation: _Activation, origin: Origin, since: int, *, is_last: bool = False
    ) -> frozenset[int]:
        names = self._names.get(activation, {})
        found = frozenset().union(*(names.get(name, _NOTHING) for name in origin.names))
        read: list[int] = []
        for site in origin.sites:
            times = self._reads.get((activation[0], site), [])
            first = bisect_left(times, since)
            read += times[max(first, len(times) - 1) :] if is_last else times[first:]
        return found.union(read)
