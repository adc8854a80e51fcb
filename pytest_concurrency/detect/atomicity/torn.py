"""Torn pairs: what a thread writes together another one reads half before, half after.

Two locations that are written in one critical section belong together (Lu et al., "MUVI:
Automatically Inferring Multi-Variable Access Correlations", SOSP 2007, infer that from how often;
here one section is enough). A thread that reads both has torn them if it has read the one before
the section wrote it and the other one after, or the other way round, within the section, and has
not looked again.
"""

from __future__ import annotations

import ast
from bisect import bisect, bisect_left
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, permutations
from typing import NamedTuple

from pytest_concurrency.detect.atomicity.joint import come_together, returned
from pytest_concurrency.detect.effects import NOT_KNOWN, Contents
from pytest_concurrency.detect.locking.held import MOST_NOTED, LocksHeld
from pytest_concurrency.detect.observation import Observation
from pytest_concurrency.instrument.analysis.handing import Function
from pytest_concurrency.runtime.trace.event import (
    Log,
    location,
    operation,
    part_of,
    thread_of,
)
from pytest_concurrency.runtime.trace.operations import ACQUIRED, READ, WRITE
from pytest_concurrency.runtime.trace.resource import WHOLE, Location, Resource
from pytest_concurrency.runtime.trace.synchronisation import is_there

_MOST_LOCATIONS = 6
"""Locations of one critical section that are paired: one that writes more builds a structure."""


class Torn(NamedTuple):
    """The four events of the pattern, as indices into the log: two reads of one thread, in order,
    and the writes of another one at the same two locations.
    """

    first_read: int
    first_write: int
    second_write: int
    second_read: int


_Section = dict[Location, tuple[int, int]]
"""What a critical section has written: when for the first time, and when for the last time."""


def torn_pairs(observation: Observation) -> Iterator[Torn]:
    """Yield what threads have read half before, half after a critical section of another one."""
    noted = observation.execution.noted
    if len(noted) > MOST_NOTED or not is_there(ACQUIRED, noted):
        return
    log, touched = observation.execution.log, observation.touched
    reads: dict[Location, dict[int, list[int]]] = {}
    for thread, section in _sections(log, touched, observation.locks_held):
        places = list(section)[:_MOST_LOCATIONS]
        reads.update((each, _reads(log, touched[each])) for each in places if each not in reads)
        for one, other in permutations(places, 2):
            if one[0] == other[0] and WHOLE in (one[1], other[1]):
                continue  # a container, and an item of it
            for reader in (reads[one].keys() & reads[other].keys()) - {thread}:
                yield from _torn_by(
                    section[one], section[other], reads[one][reader], reads[other][reader]
                )


def _sections(
    log: Log, touched: Mapping[Location, Sequence[int]], held: LocksHeld
) -> Iterator[tuple[int, _Section]]:
    """Yield the critical sections that have written more than one location which other threads
    know, with the thread.
    """
    if not held.is_any_taken:
        return
    sections: dict[tuple[int, Location, int], _Section] = {}
    for place, indices in chain(touched.items(), _of_wholes(log, touched)):
        if len(indices) < 2 or len({thread_of(log[index]) for index in indices}) < 2:
            continue
        for index in indices:
            if operation(log[index]) == WRITE:
                for lock, taken in held.taken(index).items():
                    key = (thread_of(log[index]), lock, taken.position)
                    section = sections.setdefault(key, {})
                    begun, _ = section.get(place, (index, index))
                    section[place] = (begun, index)
    for (thread, *_), section in sections.items():
        if len(section) > 1:
            yield thread, section


def _of_wholes(
    log: Log, touched: Mapping[Location, Sequence[int]]
) -> Iterator[tuple[Location, Sequence[int]]]:
    """Yield what is done to containers that are asked as a whole: who has written an item has
    written the whole, too.
    """
    found: dict[Resource, list[int]] = {}
    for (resource, part), indices in touched.items():
        if part is not WHOLE and (resource, WHOLE) in touched:
            writes = (index for index in indices if operation(log[index]) == WRITE)
            found.setdefault(resource, []).extend(writes)
    for resource, written in found.items():
        whole = (resource, WHOLE)
        if written:
            yield whole, sorted([*touched[whole], *written])


def _reads(log: Log, indices: Sequence[int]) -> dict[int, list[int]]:
    """Return when each thread has read there."""
    found: dict[int, list[int]] = {}
    for index in indices:
        if operation(log[index]) == READ:
            found.setdefault(thread_of(log[index]), []).append(index)
    return found


def _torn_by(
    one: tuple[int, int], other: tuple[int, int], first: Sequence[int], second: Sequence[int]
) -> Iterator[Torn]:
    """Yield the pairs of reads, of the one location and then of the other one, of which one is
    before the section has written there, and one after.
    """
    after = bisect(first, one[1])
    if after < len(first):
        for read in second[bisect(second, first[after]) : bisect_left(second, other[0])]:
            yield Torn(first[bisect_left(first, read) - 1], one[1], other[0], read)
    begun = bisect_left(first, one[0])
    if begun:
        end = bisect_left(second, first[begun]) if begun < len(first) else len(second)
        for read in second[bisect(second, max(first[0], other[1])) : end]:
            yield Torn(first[bisect_left(first, read) - 1], one[0], other[1], read)


def are_combined(observation: Observation, found: Torn) -> bool:
    """Whether a value is made of what was read at both locations, and the thread does not look at
    either once more: then it may have noticed.
    """
    log, stacks = observation.execution.log, observation.stacks
    first, second = found.first_read, found.second_read
    reader, touched = thread_of(log[first]), observation.touched
    if any(
        thread_of(log[index]) == reader and operation(log[index]) == READ
        for place in (location(log[first]), location(log[second]))
        for index in touched[place][bisect(touched[place], second) :]
    ):
        return False
    one, two = returned(stacks, log, first, second)
    is_count = WHOLE in (part_of(log[first]), part_of(log[second]))

    def are_in_one(function: Function, node: ast.AST, other: ast.AST) -> bool:
        if is_count and function.shows(node) and function.shows(other):
            return False  # a text says how many there are
        return node in one and other in two and function.combines(node, other)

    return bool(one and two) and come_together(log, stacks, first, second, are_in_one)


def have_changed(contents: Contents, found: Torn) -> bool:
    """Whether the section has left something else at both locations."""
    return all(
        after != NOT_KNOWN and not before.is_same(after)
        for before, after in (contents[found.first_write], contents[found.second_write])
    )
