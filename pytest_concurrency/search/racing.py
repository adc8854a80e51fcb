"""What threads of one search race for: told in the end, where nothing worse was found there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import islice

from pytest_concurrency.detect.atomicity.states import kinds_stored
from pytest_concurrency.detect.detector import Again
from pytest_concurrency.detect.effects import NOT_KNOWN, is_unchanged
from pytest_concurrency.detect.locking.held import MOST_NOTED
from pytest_concurrency.detect.observation import Observation
from pytest_concurrency.detect.races.found import FoundOvertaking, FoundRace
from pytest_concurrency.detect.races.unordered import is_unprotected, overtaken, races
from pytest_concurrency.detect.telling import AND, named_in_source, with_containers
from pytest_concurrency.kinds import DATA_RACE
from pytest_concurrency.model import Hazard
from pytest_concurrency.runtime.trace.event import location, site_number
from pytest_concurrency.runtime.trace.sites import SITES
from pytest_concurrency.search.execution.comparison import runs_alike
from pytest_concurrency.search.findings import MOST, Findings

_MOST_EVENTS = 20_000
"""Events of an execution whose order is asked for unasked."""
_MOST_SITES = 200
"""Of one search, that are told apart."""
_MOST_TRIED = 4
"""Executions that are recorded to see whether a write made a difference."""


@dataclass(slots=True)
class _Seen:
    """What threads race for, and where that was seen."""

    race: FoundRace
    number: int
    """Of the execution."""
    overtaken: list[tuple[FoundOvertaking, int]] = field(default_factory=list)
    """Where a thread has written without the lock of another one, and in which execution."""


class Racing:
    """The races of one search, one a location."""

    def __init__(self) -> None:
        self._seen: dict[int, _Seen] = {}
        """By the sites that touch the location."""
        self._noted = 0
        self._has_doubts = False
        """Whether a thread writes without the lock of another one what that one touches."""

    def note(self, observation: Observation, number: int) -> None:
        """Take note of the ``number``-th execution, the first one of its interleaving. What one has
        shown most others show, too: fewer and fewer of them are looked at.
        """
        execution = observation.execution
        self._noted += 1
        if len(execution.log) > _MOST_EVENTS or len(execution.noted) > MOST_NOTED:
            return
        if self._noted & (self._noted - 1) == 0:
            self._look(observation, number)
        if self._has_doubts:
            self._look_for_overtaking(observation, number)

    def _look(self, observation: Observation, number: int) -> None:
        log, lines = observation.execution.log, observation.own_lines
        for race in races(observation):
            touching = observation.touched[location(log[race.first])]
            sites = {site_number(log[index]) for index in touching}
            known = next((self._seen[site] for site in sites if site in self._seen), None)
            if known is None:
                used = [SITES[site_number(log[each])] for each in race]
                is_own = all((site.path, site.line) in lines for site in used)
                if is_own or not named_in_source(log[race.first]):
                    continue
                known = _Seen(FoundRace(DATA_RACE, observation, race), number)
            if len(self._seen) < _MOST_SITES:
                self._seen.update(dict.fromkeys(sites, known))
            self._has_doubts = self._has_doubts or is_unprotected(observation, race)

    def _look_for_overtaking(self, observation: Observation, number: int) -> None:
        log = observation.execution.log
        for found in overtaken(observation):
            seen = self._seen.get(site_number(log[found.foreign_write]))
            is_state = "" not in kinds_stored(site_number(log[found.foreign_write]))
            if seen is not None and not is_state and len(seen.overtaken) < _MOST_TRIED:
                seen.overtaken.append((FoundOvertaking(DATA_RACE, observation, found), number))

    def hazards(self, findings: Findings, again: Again) -> Iterator[Hazard]:
        """Yield what was seen, but for what is found to be worse: mere notes only where nothing is,
        since beside an error they draw attention from it.
        """
        yield from islice(self._told(findings, again), MOST)

    def _told(self, findings: Findings, again: Again) -> Iterator[Hazard]:
        worse = findings.hazards
        names = {name for each in worse for name in with_containers(each.location.split(AND))}
        lines = {(use.site.path, use.site.line) for each in worse for use in each.sites}
        for seen in {id(each): each for each in self._seen.values()}.values():
            hazard = _hazard(seen, again)
            used = {(use.site.path, use.site.line) for use in hazard.sites}
            is_needless = hazard.severity == "note" and any(each.is_error for each in worse)
            if hazard.location not in names and lines.isdisjoint(used) and not is_needless:
                yield hazard


def _hazard(seen: _Seen, again: Again) -> Hazard:
    for found, number in seen.overtaken:
        full = _recorded(found, again)
        if full is not None:
            return replace(full.tell(None), schedule_index=number)
    return replace(seen.race.tell(None), schedule_index=seen.number)


def _recorded(found: FoundOvertaking, again: Again) -> FoundOvertaking | None:
    """Return the same of the execution in full, if the values say so, too."""
    execution = found.observation.execution
    full = again.replayed(execution.schedule, again.limit, record=True)
    if not runs_alike(full, found.observation):
        return None
    before, after = full.contents[found.found.foreign_write]
    place = location(execution.log[found.found.read])
    has_changed = NOT_KNOWN not in (before, after) and not is_unchanged(before, after, place)
    return replace(found, observation=full) if has_changed else None
