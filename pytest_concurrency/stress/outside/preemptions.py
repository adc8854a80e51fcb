"""Where letting the other processes run is most likely to show something: the order in which single
preemptions of a worker are tried.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from pytest_concurrency.stress.outside.touch import Touch, meeting_places

Preemption = tuple[int, int]
"""A worker, and before which of its touches of something outside memory (from 0) others run."""


class _Rank(NamedTuple):
    """The smaller, the sooner it is tried."""

    keeps_others_out: bool
    """It holds a lock that all others need: they would only wait until it goes on."""
    is_repeated: bool
    """An earlier worker, which does the same, is preempted at this place."""
    hope: int
    distance: int
    """Touches since that was read which is about to be written: the fewer, the more likely is it
    that the one follows from the other."""
    chance: float


def promising_preemptions(
    traces: Sequence[Sequence[Touch]], rng: random.Random
) -> list[Preemption]:
    """Order all preemptions by what they may show.

    Most hope is right before a write to something that others touch, too, and that was read before:
    what is written follows from what may be stale by then, whatever came in between; then, anywhere
    after a touch of such a thing and before a write to it. The same goes for a lock that is taken
    while another one is held, for deadlocks.
    """
    places = meeting_places(traces)
    known: set[object] = set()
    ranked: list[tuple[_Rank, Preemption]] = []
    for worker, trace in enumerate(traces):
        held = _held(trace)
        stale = _between_read_and_write(trace, places)
        overwriting = _writes_of_what_was_read(trace, places)
        seen: Counter[object] = Counter()
        new: set[object] = set()
        for number, touch in enumerate(trace):
            shared = touch.location in places or not touch.is_data
            step = (touch.site, touch.deed, touch.location if shared else "")
            seen[step] += 1
            here = (*step, seen[step])
            new.add(here)
            nests = touch.deed == "lock" and bool(held[number])
            rank = _Rank(
                not nests and _all_others_need(held[number], traces, worker),
                here in known,
                0 if nests or number in overwriting else 1 if number in stale else 2 + (not shared),
                overwriting.get(number, 0),
                rng.random(),
            )
            ranked.append((rank, (worker, number)))
        known |= new
    return [preemption for _, preemption in sorted(ranked)]


def _held(trace: Sequence[Touch]) -> list[set[str]]:
    """Return, for each touch, the locks held before it; only those that are seen to be released."""
    held: list[set[str]] = [set() for _ in trace]
    taken: dict[str, int] = {}
    for number, touch in enumerate(trace):
        if touch.deed == "lock":
            taken.setdefault(touch.location, number)
        elif touch.deed == "unlock" and touch.location in taken:
            for inside in range(taken.pop(touch.location) + 1, number + 1):
                held[inside].add(touch.location)
    return held


def _all_others_need(locks: set[str], traces: Sequence[Sequence[Touch]], worker: int) -> bool:
    """Whether one of ``locks`` is taken by each of the other workers."""
    others = [trace for index, trace in enumerate(traces) if index != worker]
    return any(
        all(any(t.deed == "lock" and t.location == lock for t in trace) for trace in others)
        for lock in locks
    )


def _between_read_and_write(trace: Sequence[Touch], places: set[str]) -> set[int]:
    """Return the touches before which something shared has been touched that is written later."""
    first: dict[str, int] = {}
    last: dict[str, int] = {}
    for number, touch in enumerate(trace):
        if touch.location in places:
            first.setdefault(touch.location, number)
            if touch.may_write:
                last[touch.location] = number
    return {
        number
        for place, begin in first.items()
        for number in range(begin + 1, last.get(place, begin) + 1)
    }


def _writes_of_what_was_read(trace: Sequence[Touch], places: set[str]) -> dict[int, int]:
    """Return the writes to something shared that was read before, each with its distance."""
    read: dict[str, int] = {}
    found: dict[int, int] = {}
    for number, touch in enumerate(trace):
        if touch.location in places:
            if touch.may_write and touch.location in read:
                found[number] = number - read[touch.location]
            if touch.deed != "write":
                read[touch.location] = number
    return found
