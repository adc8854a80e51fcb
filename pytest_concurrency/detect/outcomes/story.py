"""Where one worker got in between two steps of another one: a cycle of two conflicts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence, Set
from itertools import islice
from typing import Any, NamedTuple

from pytest_concurrency.detect.effects import Content, Contents
from pytest_concurrency.detect.lock_evidence import are_guarded
from pytest_concurrency.detect.observation import Observation
from pytest_concurrency.runtime.trace.event import (
    Log,
    location,
    operation,
    resource_of,
    site_number,
    thread_of,
)
from pytest_concurrency.runtime.trace.operations import ONLY_READ, SYNCHRONISE
from pytest_concurrency.runtime.trace.resource import Location, overlap
from pytest_concurrency.runtime.trace.sites import SITES

_MOST_CONFLICTS = 500
_TAKING_OUT = frozenset({"pop", "popleft", "popitem", "remove", "discard"})
_PUTTING_BACK = frozenset({"append", "appendleft", "add", "insert"})


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


def story_of(
    log: Log,
    is_left_out: Callable[[tuple[int, int, int]], bool] = lambda events: False,
    rounds: Set[int] = frozenset(),
) -> Story | None:
    """Return the plainest story of an interleaving: of one location, a read that a write follows,
    the latest; none of locations of which the plainest one ``is_left_out``, nor one between two
    ``rounds``, which are given by their events.
    """
    stories = [story for story in _stories(log) if not _is_between(log, story, rounds)]
    while stories:
        story = max(stories, key=lambda each: _plainness(log, each))
        if not is_left_out(story.events):
            return story
        left_out = _places(log, story)
        stories = [each for each in stories if _places(log, each) != left_out]
    return None


def _places(log: Log, story: Story) -> set[Location]:
    return {location(log[index]) for index in story.events}


def _is_between(log: Log, story: Story, rounds: Set[int]) -> bool:
    """Whether others came in between two rounds of the worker; where its two steps are not at one
    location, between a round and what comes of it.
    """
    is_round = [each in rounds for each in story.own]
    first, then = (location(log[each]) for each in story.own)
    return all(is_round) if overlap(first, then) else any(is_round)


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


def was_made_twice(log: Log, contents: Contents, story: Story) -> bool:
    """Whether both workers have written one value where the story takes place: what a cache keeps
    is made twice, and the same. None is known without the contents.
    """
    if not contents or len({location(log[each]) for each in story.events}) > 1:
        return False
    one, other = (contents[each][1].value for each in (story.foreign, story.then))
    return one is not None and bool(one == other) and operation(log[story.first]) in ONLY_READ


def was_lent(observation: Observation, story: Story) -> bool:
    """Whether one of the workers has put back what it had found at a location of the story, and the
    other one was there meanwhile: it has had something for itself for a time (a connection in use,
    a parcel that is out), and that others see that is meant. None is known without the contents.
    """
    log, contents = observation.execution.log, observation.contents
    for place in {location(log[each]) for each in story.events}:
        for worker in {thread_of(log[each]) for each in story.events}:
            writes = _writes(log, worker, place) if contents else []
            if (
                len(writes) > 1
                and _is_visited(log, writes[0], writes[-1])
                and _puts_back(log, contents, writes)
            ):
                is_tried = _restores(log, contents, writes) or any(
                    _is_amount(log, contents, each) for each in writes[:-1]
                )
                if not is_tried or are_guarded(observation, writes):
                    return True
    return False


def _is_amount(log: Log, contents: Contents, write: int) -> bool:
    """Whether what a write leaves is a number that counts nothing which may be lent: it is less
    than none of it, or not made of what was there. A balance that is put back was tried.
    """
    before, after = (_number(each) for each in contents[write])
    if before is None or after is None:
        return False
    return after < 0 <= before or not SITES[site_number(log[write])].flows


def _restores(log: Log, contents: Contents, writes: Sequence[int]) -> bool:
    """Whether the number that was there before is stored again, whatever has become of it since:
    what was lent is added to what is there when it is brought back.
    """
    start, end = writes[0], writes[-1]
    worker, place = thread_of(log[end]), location(log[end])
    made_of = SITES[site_number(log[end])].flows
    reads = [
        index
        for index in range(end)
        if site_number(log[index]) in made_of
        and thread_of(log[index]) == worker
        and location(log[index]) == place
    ]
    return bool(reads) and reads[-1] < start and _number(contents[end][1]) is not None


def _number(content: Content) -> float | None:
    known = type(content.value) is tuple and content.value[0] in ("int", "float")
    return content.value[1] if known else None


def _writes(log: Log, worker: int, place: Location) -> list[int]:
    return [
        index
        for index, event in enumerate(log)
        if thread_of(event) == worker
        and location(event) == place
        and operation(event) not in ONLY_READ
    ]


def _is_visited(log: Log, start: int, end: int) -> bool:
    """Whether another worker has been at a location between two accesses to it."""
    worker, place = thread_of(log[start]), location(log[start])
    return any(
        thread_of(event) not in (0, worker) and overlap(location(event), place)
        for event in log[start:end]
    )


def _puts_back(log: Log, contents: Contents, writes: Sequence[int]) -> bool:
    """Whether a worker leaves a location as it was, as far as its own writes go."""
    start, end = writes[0], writes[-1]
    taken, back = (SITES[site_number(log[each])].name for each in (start, end))
    if taken in _TAKING_OUT and back in _PUTTING_BACK:
        return True
    values = [(before.value, after.value) for before, after in (contents[each] for each in writes)]
    if all(type(v) is tuple and v[0] == "int" for pair in values for v in pair):
        return not sum(after[1] - before[1] for before, after in values)
    return contents[start][0].is_same(contents[end][1])
