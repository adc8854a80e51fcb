"""Which lock would have kept two threads apart, as the rest of the program says: evidence, and no
accusation.

Lock sets are those of Eraser (Savage et al., TOCS 1997), of one execution.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from pytest_concurrency.detect.conflicts import while_others_run
from pytest_concurrency.detect.locking.held import Taken
from pytest_concurrency.detect.observation import Observation
from pytest_concurrency.detect.telling import line_of, site_of
from pytest_concurrency.runtime.diagnosis.lock_names import thread_name
from pytest_concurrency.runtime.trace.event import (
    Log,
    location,
    operation,
    site_number,
    thread_of,
)
from pytest_concurrency.runtime.trace.operations import SYNCHRONISE
from pytest_concurrency.runtime.trace.resource import Location, overlap
from pytest_concurrency.runtime.trace.sites import INTERNAL, SITES

_MOST_LINES = 2
"""Lines that are named; of more only the number is told."""


class _Use(NamedTuple):
    """A lock at an event."""

    name: str
    taken: Taken


def about_locks(observation: Observation, mine: tuple[int, int], others: Sequence[int]) -> str:
    """Say which lock was given back between the two events ``mine`` of one thread, or is held at
    some lines that touch their locations and not at these; "" where locks tell nothing.

    ``others`` are the events of another thread that came between.
    """
    one, other = (_held(observation, index) for index in mine)
    between = [_held(observation, index) for index in others]
    log = observation.execution.log
    for lock in one.keys() & other.keys():
        if one[lock].taken != other[lock].taken and any(lock in held for held in between):
            thread = thread_name(thread_of(log[mine[0]]), "")
            return f"{thread} gave {one[lock].name} back in between"
    return _inconsistent(observation, (*mine, *others))


def are_guarded(observation: Observation, events: Sequence[int]) -> bool:
    """Whether the threads hold one and the same lock wherever they touch what these events touch:
    each access by itself is protected.
    """
    log, held = observation.execution.log, observation.locks_held
    during = while_others_run(log)
    for where in {location(log[index]) for index in events}:
        locks = [
            held[index]
            for place, indices in observation.touched.items()
            if overlap(place, where)
            for index in indices
            if index in during and operation(log[index]) not in SYNCHRONISE
        ]
        if not locks or not frozenset.intersection(*locks):
            return False
    return True


def _held(observation: Observation, index: int) -> dict[Location, _Use]:
    """Return the locks at an event, as far as the program has given them names."""
    taken = observation.locks_held.taken(index)
    uses = {lock: _Use(_name(each), each) for lock, each in taken.items()}
    return {lock: use for lock, use in uses.items() if use.name}


def _name(taken: Taken) -> str:
    label = "" if taken.site == INTERNAL else SITES[taken.site].label
    return "" if "?" in label else label


def _inconsistent(observation: Observation, accused: Sequence[int]) -> str:
    """Say how many of the lines that touch the locations hold a lock that accused ones do not."""
    log = observation.execution.log
    places = {location(log[index]) for index in accused}
    if not observation.locks_held.is_any_taken:
        return ""
    held_at: dict[str, list[dict[Location, _Use]]] = {}
    during = while_others_run(log)
    for index in chain.from_iterable(observation.touched[place] for place in places):
        if index in during:
            held_at.setdefault(_line(log, index), []).append(_held(observation, index))
    bare = {_line(log, index) for index in accused}
    best: tuple[list[str], str] | None = None
    for lock, use in chain.from_iterable(map(dict.items, chain(*held_at.values()))):
        without = [line for line, held in held_at.items() if all(lock not in each for each in held)]
        if not bare.isdisjoint(without) and (best is None or len(without) < len(best[0])):
            best = (without, use.name)
    if best is None:
        return ""
    return _told(len(held_at), *best, "it" if len(places) == 1 else "them")


def _line(log: Log, index: int) -> str:
    return _line_of(site_number(log[index]))


@lru_cache(maxsize=256)
def _line_of(number: int) -> str:
    return line_of(site_of(number))


def _told(lines: int, without: Sequence[str], name: str, them: str) -> str:
    holding = lines - len(without)
    hold = "hold" if holding > 1 else "holds"
    some = f"{holding} of the {lines} lines that touch {them} {hold} {name}"
    if len(without) > _MOST_LINES:
        return f"{some}, the others do not"
    return f"{some}, {' and '.join(without)} {'does' if len(without) == 1 else 'do'} not"
