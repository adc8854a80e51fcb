"""Where one worker got in between two steps of another one: a cycle of two conflicts."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

from pytest_concurrency.runtime.trace.event import (
    Log,
    location,
    operation,
    resource_of,
    thread_of,
)
from pytest_concurrency.runtime.trace.operations import ONLY_READ, SYNCHRONISE
from pytest_concurrency.runtime.trace.resource import overlap

_MOST_CONFLICTS = 500


class Story(NamedTuple):
    """Events of a log, by index: a worker's first step, what another one did after that, and what
    the worker did then, before which the other one had got in its way once more.
    """

    first: int
    foreign: int
    then: int

    @property
    def events(self) -> tuple[int, int, int]:
        """All of them, in order."""
        return (self.first, self.foreign, self.then)

    @property
    def own(self) -> tuple[int, int]:
        """The steps of the worker that was interrupted."""
        return (self.first, self.then)


def story_of(log: Log) -> Story | None:
    """Return the plainest story of an interleaving: of one location, a read that a write follows,
    the latest.
    """
    return max(_stories(log), key=lambda story: _plainness(log, story), default=None)


def _stories(log: Log) -> Iterator[Story]:
    pairs = list(islice(_conflicts(log), _MOST_CONFLICTS))
    for first, foreign in pairs:
        worker, other = thread_of(log[first]), thread_of(log[foreign])
        for before, then in pairs:
            is_back = thread_of(log[before]) == other and thread_of(log[then]) == worker
            if is_back and first < then and before < then and foreign < then:
                yield Story(first, foreign, then)


def _conflicts(log: Log) -> Iterator[tuple[int, int]]:
    """Yield all pairs of accesses of two workers to one location, one of them a write."""
    uses: dict[Any, list[int]] = {}
    for index, event in enumerate(log):
        if not thread_of(event) or operation(event) in SYNCHRONISE:
            continue
        earlier = uses.setdefault(resource_of(event), [])
        for before in earlier:
            met = log[before]
            if (
                thread_of(met) != thread_of(event)
                and not (operation(met) in ONLY_READ and operation(event) in ONLY_READ)
                and overlap(location(met), location(event))
            ):
                yield before, index
        earlier.append(index)


def _plainness(log: Log, story: Story) -> tuple[bool, bool, bool, int]:
    first, foreign, then = (log[each] for each in story.events)
    return (
        location(first) == location(then) or location(first)[0] == location(then)[0],
        operation(first) in ONLY_READ,
        operation(foreign) not in ONLY_READ,
        -(story.then - story.first),
    )
