"""Stale reads: what a thread has read, or goes by, is not what it should be, since another one came
in between two of its steps.

Three of the four unserialisable interleavings of "AVIO: Detecting Atomicity Violations via Access
Interleaving Invariants" (Lu, Tucek, Qin, Zhou, ASPLOS 2006) make nobody write what is wrong: a
value is read twice and differs (*read, write, read*), a thread reads other than it has written
(*write, write, read*), a value is seen that was there for a moment only (*write, read, write*).
Databases call the first and the last one a non-repeatable and a dirty read (Berenson et al., "A
Critique of ANSI SQL Isolation Levels", SIGMOD 1995). Two more have no pattern at one location: a
container is changed while it is gone through, and an object is seen before it has been made ready.

None of them is wrong by itself: a flag is polled, a state is shown. They say how it came to what
no order of the threads explains.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum
from typing import NamedTuple

from pytest_concurrency.detect.effects import NOT_KNOWN, Contents, is_unchanged
from pytest_concurrency.detect.observation import Observation
from pytest_concurrency.detect.outcomes.story import Story
from pytest_concurrency.detect.through_calls import between
from pytest_concurrency.runtime.trace.event import (
    Log,
    location,
    operation,
    resource_of,
    rows,
    site_number,
    thread_and_site,
    thread_of,
)
from pytest_concurrency.runtime.trace.operations import ONLY_READ, READ, STEP, WRITE
from pytest_concurrency.runtime.trace.resource import Location, Resource, overlap
from pytest_concurrency.runtime.trace.synchronisation import Noted


class Pattern(Enum):
    """How a read is stale."""

    AGAIN = "read again"
    """Read by A, write by B, read by A."""
    OVERWRITTEN = "overwritten"
    """Write by A, write by B, read by A."""
    PASSING = "passing"
    """Write by A, read by B, write by A: B has seen what was there for a moment."""
    GONE_THROUGH = "gone through"
    """A goes through a container, B changes it."""
    EARLY = "early"
    """A lets others know an object, B reads in it what A has not yet written."""


class Stale(NamedTuple):
    """The events of a pattern, as indices into the log: two steps of one thread, and that of
    another one between them. Who goes through a container has one step, its loop.
    """

    pattern: Pattern
    first: int
    foreign: int
    then: int

    @property
    def events(self) -> tuple[int, ...]:
        """All of them, each once."""
        return tuple(dict.fromkeys(self[1:]))


def stale_reads(log: Log, noted: Sequence[Noted], story: Story | None) -> Iterator[Stale]:
    """Yield what may be stale in an execution, what says most first; ``story`` says how the threads
    got in each other's way.
    """
    yield from _gone_through(log, noted)
    yield from _early(log)
    if story is not None:
        yield from _at_one_location(log, story)


def _gone_through(log: Log, noted: Sequence[Noted]) -> Iterator[Stale]:
    """Yield the loops, between two steps of which another thread has changed what they go
    through.
    """
    loops: dict[tuple[int, int, Resource], int] = {}
    for position, thread, site, resource, _, op in noted:
        begun = _loop(log, thread, site, position) if op == STEP else None
        if begun is not None:  # and has the first item: no step is noted for that one
            loops[thread, begun, resource] = position
    for (thread, begun, resource), last in loops.items():
        for index in range(begun, last):
            event = log[index]
            is_foreign = thread_of(event) != thread and operation(event) == WRITE
            if is_foreign and resource_of(event) == resource:
                yield Stale(Pattern.GONE_THROUGH, begun, index, begun)


def _loop(log: Log, thread: int, site: int, before: int) -> int | None:
    """Return where a thread has begun to go through something at a site."""
    mine = (thread, site)
    return next((n for n in reversed(range(before)) if thread_and_site(log[n]) == mine), None)


def _early(log: Log) -> Iterator[Stale]:
    """Yield where a thread has read in an object what the one that had let it know the object wrote
    there only later, for the first time.
    """
    written: set[Location] = set()
    first_met: dict[tuple[int, Resource], int] = {}
    reads: dict[Location, list[int]] = {}
    for index, (thread, _, resource, part, op) in enumerate(rows(log)):
        first_met.setdefault((thread, resource), index)
        where = (resource, part)
        if op == READ and where not in written:
            reads.setdefault(where, []).append(index)
        elif op == WRITE and where not in written:
            written.add(where)
            for read in reads.get(where, ()):
                reader = thread_of(log[read])
                known = first_met[reader, resource]
                others = [n for (t, r), n in first_met.items() if r == resource and t != thread]
                if reader != thread and known == min(others):
                    published = _published(log, thread, reader, known)
                    if published is not None:
                        yield Stale(Pattern.EARLY, published, read, index)


def _published(log: Log, writer: int, reader: int, known: int) -> int | None:
    """Return where ``writer`` wrote what ``reader`` has read last before it met an object."""
    read = next((n for n in reversed(range(known)) if thread_of(log[n]) == reader), None)
    if read is None or operation(log[read]) not in ONLY_READ:
        return None
    for index in reversed(range(read)):
        event = log[index]
        if operation(event) == WRITE and overlap(location(event), location(log[read])):
            return index if thread_of(event) == writer else None
    return None


def _at_one_location(log: Log, story: Story) -> Iterator[Stale]:
    events = [log[each] for each in story.events]
    places = [location(event) for event in events]
    if not all(overlap(places[one], places[other]) for one, other in ((0, 1), (1, 2), (0, 2))):
        return
    reads = [operation(event) in ONLY_READ for event in events]
    patterns = {
        (True, False, True): Pattern.AGAIN,
        (False, False, True): Pattern.OVERWRITTEN,
        (False, True, False): Pattern.PASSING,
    }
    pattern = patterns.get((reads[0], reads[1], reads[2]))
    if pattern is not None and all(operation(event) in (*ONLY_READ, WRITE) for event in events):
        yield Stale(pattern, *story.events)


def is_stale(observation: Observation, found: Stale) -> bool:
    """Whether the values say so, too, and the thread has not only waited for another one."""
    log, contents = observation.execution.log, observation.contents
    pattern, first, foreign, then = found
    if pattern is Pattern.AGAIN and site_number(log[first]) == site_number(log[then]):
        one, other = (observation.stacks[each] for each in (first, then))
        shared = between(one, other)
        if shared is None or one[-shared].instruction == other[-shared].instruction:
            return False  # in a loop
    if pattern is Pattern.GONE_THROUGH:
        before, after = contents[foreign]
        return after != NOT_KNOWN and not is_unchanged(before, after, location(log[foreign]))
    if pattern is Pattern.EARLY:
        return _differ(log, contents, (foreign, 1), (then, 1))
    if pattern is Pattern.PASSING:
        return _differ(log, contents, (foreign, 1), (first, 0)) and _differ(
            log, contents, (foreign, 1), (then, 1)
        )
    return _differ(log, contents, (first, 1), (then, 1))


def _differ(log: Log, contents: Contents, one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether the contents of two events, before (0) or after (1) them, are known, and differ."""
    was, became = contents[one[0]][one[1]], contents[other[0]][other[1]]
    if location(log[one[0]]) != location(log[other[0]]):
        return True  # a container as a whole, and one of its items
    return became != NOT_KNOWN and not is_unchanged(was, became, location(log[one[0]]))
