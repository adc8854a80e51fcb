"""Which conflict a failing execution fails by: the one that cures it when its order is flipped.

The idea is that of Choi and Zeller, "Isolating Failure-Inducing Thread Schedules" (ISSTA 2002),
with conflicts instead of points in time: all else happens in the order in which it did, as far as
that can be done. What was flipped is read from the log of what was executed, not from the plan. A
conflict that could be flipped, too, while the failure stayed, is innocent.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence, Set
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import Any

from pytest_concurrency.detect.cause.flips import orders
from pytest_concurrency.detect.cause.strands import over_an_await
from pytest_concurrency.detect.conflicts import Conflict, conflicts_of, is_read, is_write
from pytest_concurrency.detect.detector import Again
from pytest_concurrency.detect.effects import Content
from pytest_concurrency.detect.observation import Failure, Observation
from pytest_concurrency.real_time import monotonic
from pytest_concurrency.runtime.trace.event import (
    Event,
    Log,
    location,
    operation,
    resource_of,
    site_number,
    thread_and_site,
    thread_of,
)
from pytest_concurrency.runtime.trace.operations import CALL
from pytest_concurrency.runtime.trace.resource import Location, overlap
from pytest_concurrency.runtime.trace.sites import SITES

_EXECUTIONS = 60
"""Executions that finding out whom to blame may take."""
_LONGER = 3
"""How many times as long as the failing execution another one may be."""
_SHORTEST_LIMIT = 200
_MOST_PLACES = 2
_MOST_SUSPECTS = 3
"""Conflicts that are told where no single one could be flipped alone."""

_Class = tuple[int, int, int, int, Any]
"""Conflicts that look the same in the source: thread and site, twice, and the object."""

_Key = tuple[int, int, int]
"""An event, in any execution: a thread's first, second, ... at a site."""


@dataclass(frozen=True, slots=True, eq=False)
class _Trial:
    """What flipping came to."""

    plan: Sequence[Event]
    flipped: frozenset[_Class]
    """Conflicts of which at least one was the other way round."""
    reversed: frozenset[_Class]
    """Those of which all were."""
    is_cured: bool
    fails_as_before: bool


class _Suspects:
    """The conflicts of the failing execution, by how they look in the source."""

    def __init__(self, observation: Observation, *, all_of_them: bool = False) -> None:
        self.log = observation.execution.log
        failure = observation.failure
        self._raised = _lines(failure)
        self.conflicts: dict[_Class, list[Conflict]] = {}
        for conflict in conflicts_of(self.log, all_of_them=all_of_them):
            self.conflicts.setdefault(self.class_of(conflict), []).append(conflict)
        self._at: dict[Any, int] = {}
        """By location: how near to where the exception was raised it is touched."""
        for event in self.log:
            near = self._nearness(event)
            key = location(event)
            self._at[key] = min(near, self._at.get(key, near))
        self.ranked = sorted(self.conflicts, key=self.rank)

    def class_of(self, conflict: Conflict) -> _Class:
        first, second = self.log[conflict.first], self.log[conflict.second]
        return (*thread_and_site(first), *thread_and_site(second), resource_of(first))

    def rank(self, kind: _Class) -> tuple[int, int, int]:
        """Say how little a conflict looks like the cause: far from the exception; no read that was
        made stale; early.
        """
        latest = self.conflicts[kind][-1]
        first, second = self.log[latest.first], self.log[latest.second]
        near = min(self._at[location(first)], self._at[location(second)])
        acts_on_it = is_read(first) and len(involved(self.log, latest)) > 2
        shape = 3 if operation(first) == CALL else 0 if acts_on_it else 1 if is_read(first) else 2
        return (near, shape, -latest.second)

    def _nearness(self, event: Event) -> int:
        """Frames between an event's line and the one that raised, 0 for that line itself."""
        site = SITES[site_number(event)]
        return self._raised.get((site.path, site.line), len(self._raised))


def _lines(failure: Failure | None) -> dict[tuple[str, int], int]:
    stack = failure.stack if failure is not None else ()
    return {line: depth for depth, line in reversed(list(enumerate(reversed(stack))))}


@dataclass(frozen=True, slots=True)
class Blame:
    """What an execution fails by."""

    conflicts: tuple[Conflict, ...] = ()
    """One a location, the likeliest first; none if no flip cures."""
    is_sure: bool = False
    """Whether flipping one of them, whichever, and no other, cures."""
    silent: frozenset[Any] = frozenset()
    """Locations, as of ``location``, where what else the cure has moved is innocent."""
    observation: Observation | None = None
    """What the conflicts are in, if that is another one than was asked about."""


NOBODY = Blame()


def guilty(observation: Observation, again: Again) -> Blame:
    """Find out which conflicts an execution fails by."""
    suspects = _Suspects(observation)
    blame = _cured(suspects, observation, again)
    if blame is None:
        longer = _gone_on(observation, again)
        wider = _Suspects(longer, all_of_them=True)
        blame = _cured(wider, longer, again)
        if blame is not None:
            blame = replace(blame, observation=longer)
    blame = blame or _only_candidate(suspects)
    if blame.conflicts or not observation.strands:
        return blame
    return Blame(over_an_await(observation.execution.log, observation.strands))


def may_come_from(place: Location, observation: Observation, again: Again) -> bool:
    """Whether an execution that fails passes when a conflict at ``place`` is the other way round,
    whatever else is so then.
    """
    suspects = _Suspects(observation)
    there = {
        kind
        for kind, conflicts in suspects.conflicts.items()
        if any(overlap(location(suspects.log[each.second]), place) for each in conflicts)
    }
    return there == suspects.conflicts.keys() or any(
        trial.is_cured and trial.flipped & there
        for trial in _trials(suspects, observation, again, there)
    )


def _gone_on(before: Observation, again: Again) -> Observation:
    """Return the execution with what threads do after the test has failed, which it may have done
    because they had not done it yet.
    """
    schedule = before.execution.schedule
    after = again.replayed(schedule, again.limit, record=True, goes_on=True)
    log = before.execution.log
    if after.execution.log[: len(log)] != log or after.failure is None:
        return before
    return replace(after, failure=before.failure)


def _cured(suspects: _Suspects, observation: Observation, again: Again) -> Blame | None:
    """Blame what cures; None if nothing does, or too much."""
    kinds, trials = suspects.conflicts.keys(), list[_Trial]()
    for far in (False, True):
        trials += _trials(suspects, observation, again, kinds, far=far, before=len(trials))
        if any(trial.is_cured for trial in trials):
            limit = _limit(observation, again)
            record = partial(again.in_order_of, limit=limit, record=True)
            return _judged(suspects, trials, observation, record)
    return None


def _limit(observation: Observation, again: Again) -> int:
    return min(again.limit, _LONGER * observation.execution.steps + _SHORTEST_LIMIT)


def _trials(
    suspects: _Suspects,
    observation: Observation,
    again: Again,
    kinds: Set[_Class],
    *,
    far: bool = False,
    before: int = 0,
) -> Iterator[_Trial]:
    """Flip conflicts of these kinds, the likeliest first; ``before``: so many have been tried."""
    alike = [suspects.conflicts[kind] for kind in suspects.ranked if kind in kinds]
    plans = orders(suspects.log, observation.execution.noted, alike, far=far)
    for plan in islice(plans, _EXECUTIONS - before):
        if monotonic() > again.deadline:
            return
        yield _tried(plan, suspects, observation, again, _limit(observation, again))


def _tried(
    plan: Sequence[Event], suspects: _Suspects, before: Observation, again: Again, limit: int
) -> _Trial:
    after = again.in_order_of(plan, limit)
    some, every = _flipped(suspects, after.execution.log)
    failed = bool(after.failure is not None or after.execution.outcome)
    same = bool(
        before.failure and after.failure and before.failure.symptom == after.failure.symptom
    )
    return _Trial(plan, frozenset(some), frozenset(every), not failed, same)


def _flipped(suspects: _Suspects, log: Log) -> tuple[set[_Class], set[_Class]]:
    """Return the conflicts that are the other way round in ``log``: at least once, and always.

    Events of two executions are the same if they are a thread's first, second, ... at their site.
    """
    places = _numbered(suspects.log)
    when = {key: index for index, key in enumerate(_numbered(log))}
    some, every = set(), set()
    for kind, conflicts in suspects.conflicts.items():
        pairs = [(when.get(places[one]), when.get(places[two])) for one, two in conflicts]
        ways = [one > two for one, two in pairs if one is not None and two is not None]
        some |= {kind} if any(ways) else set()
        every |= {kind} if ways and all(ways) else set()
    return some, every


def _numbered(log: Log) -> list[_Key]:
    counts: dict[tuple[int, int], int] = {}
    keys = []
    for thread, site in map(thread_and_site, log):
        number = counts[thread, site] = counts.get((thread, site), -1) + 1
        keys.append((thread, site, number))
    return keys


def _judged(
    suspects: _Suspects,
    trials: Sequence[_Trial],
    before: Observation,
    record: Callable[[Sequence[Event]], Observation],
) -> Blame | None:
    """Blame the conflicts whose flip alone cures; else those of the smallest flip that does, where
    the threads read something else then; None if that is too large, or not seen.
    """
    innocent = {kind for trial in trials if trial.fails_as_before for kind in trial.reversed}
    cures = {trial: trial.flipped - innocent or trial.flipped for trial in trials if trial.is_cured}
    alone = {kind for each in cures.values() if len(each) == 1 for kind in each}
    smallest = min(filter(cures.get, cures), key=lambda each: len(cures[each]), default=None)
    if alone or smallest is None:
        return _named(suspects, alone, is_sure=True) if alone else None
    fewest = cures[smallest]
    if len(_places(suspects, fewest)) > 1:
        after = record(smallest.plan)
        told = (kind for kind in fewest if _is_told_by(suspects, kind, before, after))
        fewest = frozenset(told)
    elif len(fewest) > _MOST_SUSPECTS:
        return None
    accused = _places(suspects, fewest)
    if len(accused) != 1:
        return NOBODY  # one of them, but it is not known which
    moved = _places(suspects, smallest.flipped).keys() - accused.keys()
    return replace(_named(suspects, fewest, is_sure=False), silent=frozenset(moved))


def _named(suspects: _Suspects, kinds: Collection[_Class], *, is_sure: bool) -> Blame:
    conflicts = tuple(_places(suspects, kinds).values())[:_MOST_PLACES]
    return Blame(conflicts, is_sure)


def _places(suspects: _Suspects, kinds: Collection[_Class]) -> dict[Any, Conflict]:
    """Return the likeliest conflict at each location."""
    places: dict[Any, Conflict] = {}
    for kind in sorted(kinds, key=suspects.rank):
        conflict = suspects.conflicts[kind][-1]
        places.setdefault(location(suspects.log[conflict.second]), conflict)
    return places


def _is_told_by(suspects: _Suspects, kind: _Class, before: Observation, after: Observation) -> bool:
    """Whether a read that depends on a conflict gave something else in the execution that passed:
    what all have read as before has not cured.
    """
    conflicts, keys = suspects.conflicts[kind], _numbered(suspects.log)
    place = suspects.log[conflicts[-1].second]
    one, other = (_reads(each, place) for each in (before, after))
    first, second = ({keys[index] for index in each} for each in zip(*conflicts, strict=True))
    return any(
        content.value is None or content.value != other[key][1].value
        for key, (source, content) in one.items()
        if key in other and (key in first | second or source in second or other[key][0] in first)
    )


def _reads(observation: Observation, place: Event) -> dict[_Key, tuple[_Key | None, Content]]:
    """Return what was read at a location, and who had written there last."""
    found: dict[_Key, tuple[_Key | None, Content]] = {}
    source: _Key | None = None
    log = observation.execution.log
    shown = zip(_numbered(log), log, observation.contents, strict=False)
    for key, event, (content, _) in shown:
        if overlap(location(event), location(place)):
            if is_read(event) or SITES[site_number(event)].op == CALL:
                found[key] = (source, content)
            if is_write(event):
                source = key
    return found


def _only_candidate(suspects: _Suspects) -> Blame:
    """Blame, where no flip has cured, what is touched at the line that raised, if that is one
    location only: whichever thread comes second fails.
    """
    near = [kind for kind in suspects.ranked if not suspects.rank(kind)[0]]
    latest = [suspects.conflicts[kind][-1] for kind in near]
    if len({location(suspects.log[conflict.second]) for conflict in latest}) != 1:
        return NOBODY
    return Blame((latest[0],))


def involved(log: Log, conflict: Conflict) -> tuple[int, ...]:
    """Return the events that tell the story of a conflict: itself, and what the thread of the first
    does next at the location, with what the second has made of it.
    """
    thread, place = thread_of(log[conflict.first]), log[conflict.first]
    for index in range(conflict.second + 1, len(log)):
        event = log[index]
        if thread_of(event) == thread and overlap(location(event), location(place)):
            is_there_already = SITES[site_number(event)].line == SITES[site_number(place)].line
            return tuple(conflict) if is_there_already else (*conflict, index)
    return tuple(conflict)
