"""What a search learns from its executions: where threads conflict.

Only accesses to locations that two threads touch, one of them writing, can change what an
execution does. A strategy that switches only there has shorter schedules to search, and can finish.
What is remembered are the *sites* of such accesses, as sites mean the same in every execution.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pytest_concurrency.runtime.operation import WHOLE
from pytest_concurrency.runtime.sites import SITES

Sites = frozenset[int]
_READS = frozenset({"read", "file-read"})
_THOROUGH = 16
"""New interleavings that are all looked at; later, one in so many is."""


@dataclass(slots=True)
class _Place:
    """One location within one execution."""

    writes: bool = False
    sites: set[int] = field(default_factory=set)
    counts: dict[int, int] = field(default_factory=dict)
    """How often each thread touched it."""

    @property
    def is_contended(self) -> bool:
        return self.writes and len(self.counts) > 1

    def absorb(self, other: _Place) -> None:
        self.writes |= other.writes
        self.sites |= other.sites
        for thread, count in other.counts.items():
            self.counts[thread] = self.counts.get(thread, 0) + count


class Learning:
    """The sites where threads conflict, as far as the executions of one search have shown."""

    def __init__(self) -> None:
        self.heat: bytearray | None = None
        """By site: 1 where threads conflict. None: nothing is known yet."""
        self.version = 0
        """Goes up whenever another site turns out to be one of them."""
        self.contended: dict[Sites, dict[int, int]] = {}
        """Contended locations, by the sites that touch them: how often each thread does."""
        self._seen = 0

    def note(self, log: Sequence[tuple[Any, ...]]) -> None:
        """Learn from the log of an execution with an interleaving not seen before."""
        self._seen += 1
        if self._seen > _THOROUGH and self._seen % _THOROUGH:
            return
        heat = self.heat if self.heat is not None else bytearray(len(SITES))
        heat.extend(bytes(len(SITES) - len(heat)))
        for place in _contended_places(log):
            for site in place.sites:
                if not heat[site]:
                    heat[site] = 1
                    self.version += 1
            self.contended[frozenset(place.sites)] = place.counts
        self.heat = heat

    def is_cold(self, site: int | None) -> bool:
        """Whether no conflict has been seen at ``site``."""
        return site is not None and self.heat is not None and not self.heat[site]


def _contended_places(log: Sequence[tuple[Any, ...]]) -> list[_Place]:
    """Return the locations on which threads conflicted; what the main thread does alone, before and
    after the others, does not count.
    """
    threads = [event[0] for event in log]
    first = next((index for index, thread in enumerate(threads) if thread), len(log))
    last = next((i for i in range(len(log) - 1, first, -1) if threads[i]), first)
    places: dict[Any, dict[Any, _Place]] = {}
    for event in log[first : last + 1]:
        thread, number, target = event[:3]
        site = SITES[number]
        name = site.name if len(event) == 3 else event[3]
        place = places.setdefault(target, {}).setdefault(name, _Place())
        place.writes |= (event[4] if len(event) == 5 else site.op) not in _READS
        place.sites.add(number)
        place.counts[thread] = place.counts.get(thread, 0) + 1
    return [place for parts in places.values() for place in _parts(parts) if place.is_contended]


def _parts(parts: dict[Any, _Place]) -> list[_Place]:
    """Return the locations of one object: all one if it was ever accessed as a whole."""
    if WHOLE not in parts:
        return list(parts.values())
    whole = _Place()
    for part in parts.values():
        whole.absorb(part)
    return [whole]
