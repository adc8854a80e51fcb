"""What a worker does again and again at one location, each time in a critical section of its own,
or in one step: it takes jobs until there are none, draws numbers, counts how far it has come.

Such a worker was not meant to be one step, whoever is told of what it comes to: between two rounds
others may come in, and how many of the jobs each of them gets depends on timing. A round is known
by its code: the same lock is taken at the same line, and something in it is done at the same line
as before. What is done under that lock from the first to the last of them (new jobs are added) is
part of it. What is only set, or only read, from time to time is no round: whoever sees it in
between may see what he should not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from pytest_concurrency.detect.locking.held import LocksHeld
from pytest_concurrency.detect.observation import Observation
from pytest_concurrency.runtime.trace.event import (
    Log,
    operation,
    part_of,
    site_number,
    thread_of,
)
from pytest_concurrency.runtime.trace.operations import READ, WRITE
from pytest_concurrency.runtime.trace.resource import WHOLE, Location


def in_rounds(observation: Observation) -> frozenset[int]:
    """Return the events, as indices into the log, that belong to rounds at their location."""
    log, held = observation.execution.log, observation.locks_held
    found: set[int] = set()
    for indices in observation.touched.values():
        by_worker: dict[int, list[int]] = defaultdict(list)
        for index in indices:
            by_worker[thread_of(log[index])].append(index)
        if len(by_worker) > 1:
            for events in by_worker.values():
                found.update(_repeated_steps(log, events) or _repeated_sections(log, held, events))
    return frozenset(found)


def _repeated_steps(log: Log, events: Sequence[int]) -> Sequence[int]:
    """Return the events of a worker at a location if all of them are one step of its code, by which
    it takes something out or puts it in.
    """
    is_one = len({site_number(log[index]) for index in events}) == 1
    return events if is_one and len(events) > 1 and _updates(log, events[:1]) else ()


def _repeated_sections(log: Log, held: LocksHeld, events: Sequence[int]) -> Iterator[int]:
    """Yield the events in critical sections that are the same code, and of which one updates the
    location, and those under the same lock between them.
    """
    sections: dict[tuple[Location, int], dict[int, list[int]]] = {}
    for index in events:
        for lock, taken in held.taken(index).items():
            rounds = sections.setdefault((lock, taken.site), defaultdict(list))
            rounds[taken.position].append(index)
    for (lock, _), rounds in sections.items():
        alike: dict[int, set[int]] = defaultdict(set)
        for position, inside in rounds.items():
            for index in inside:
                alike[site_number(log[index])].add(position)
        for positions in alike.values():
            if len(positions) > 1 and any(_updates(log, rounds[each]) for each in positions):
                first, last = rounds[min(positions)][0], rounds[max(positions)][-1]
                yield from (n for n in events if first <= n <= last and lock in held[n])


def _updates(log: Log, events: Iterable[int]) -> bool:
    """Whether what is there in the end is made of what was there."""
    done = [(operation(log[index]), part_of(log[index]) is WHOLE) for index in events]
    has_read = any(op == READ for op, _ in done)
    return any(op == WRITE and (is_whole or has_read) for op, is_whole in done)
