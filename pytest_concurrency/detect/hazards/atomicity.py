"""Atomicity violations; how check-then-act is judged and told (the patterns are in
``detect/atomicity/``)."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass

from pytest_concurrency.detect.atomicity.candidates import candidates
from pytest_concurrency.detect.atomicity.check_then_act import (
    ActedLate,
    acted_late,
    has_changed,
    is_decided,
    sites_of,
    was_undone,
    would_not_have_written,
)
from pytest_concurrency.detect.atomicity.pattern import FoundPattern
from pytest_concurrency.detect.atomicity.write_skew import skews
from pytest_concurrency.detect.detector import Again, Asked, Detector, Finding, never
from pytest_concurrency.detect.hazards.torn import torn
from pytest_concurrency.detect.observation import Observation
from pytest_concurrency.detect.telling import where
from pytest_concurrency.kinds import ATOMICITY_VIOLATION, KINDS
from pytest_concurrency.model import Hazard
from pytest_concurrency.runtime.diagnosis.lock_names import thread_name
from pytest_concurrency.runtime.trace.event import Log, location, thread_and_site
from pytest_concurrency.runtime.trace.resource import Location, overlap
from pytest_concurrency.runtime.trace.sites import SITES


@dataclass(frozen=True, slots=True, eq=False)
class FoundCheckThenAct(FoundPattern):
    """A write that is decided by what another thread has overwritten since it was read."""

    found: ActedLate

    @property
    def key(self) -> Hashable:
        """By what was read and what was written: whoever wrote in between."""
        return _key(self.observation, self.found)

    @property
    def place(self) -> Location | None:
        """What was looked at."""
        return location(self.observation.execution.log[self.found.read])

    def tell(self, again: Again | None) -> Hazard:
        """Say what was found, who changed it, and what was done all the same."""
        found = self.found
        read, foreign, write = self.uses
        name = self.named(found.read)
        one, other = thread_name(read.thread, ""), thread_name(foreign.thread, "")
        log = self.observation.execution.log
        is_elsewhere = not overlap(location(log[found.read]), location(log[found.write]))
        written = self.named(found.write) if is_elsewhere else "it"
        message = (
            f"{one} looked at {name or 'it'} at {where(read)}{self.value(found.read)}; {other} "
            f"changed it at {where(foreign)}{self.value(found.foreign_write)}; {one} changed "
            f"{written} at {where(write)}{self.value(found.write)} by what it had found: where "
            f"{other} comes first, it does not"
        )
        return self.told(message, name, (found.read, found.write), (found.foreign_write,))


class AtomicityViolations(Detector):
    """Looks for the patterns in the log; in executions that are recorded, at the calls between, the
    values, and what the thread does where the other one comes first.
    """

    kinds = (KINDS[ATOMICITY_VIOLATION],)

    def findings(self, observation: Observation, asked: Asked) -> Iterator[Finding]:
        """Yield what was decided by something stale, and pairs that were torn; what may have been,
        if it is due to look.
        """
        if asked.is_due is never and not observation.contents:
            return  # nothing is told of what has not been looked at
        if not candidates(observation.done).decisions <= asked.known:
            yield from _acted_late(observation, asked)
            yield from _skewed(observation, asked)
        yield from torn(observation, asked)


def _acted_late(observation: Observation, asked: Asked) -> Iterator[Finding]:
    log, contents = observation.execution.log, observation.contents
    for found in acted_late(log, observation.touched):
        key = _key(observation, found)
        if key in asked.known or _flows(log, found):
            continue
        if asked.is_due(key):
            yield FoundCheckThenAct(ATOMICITY_VIOLATION, observation, found)
            return
        if contents and _is_proven(observation, found, asked.again):
            yield FoundCheckThenAct(ATOMICITY_VIOLATION, observation, found)


def _skewed(observation: Observation, asked: Asked) -> Iterator[Finding]:
    log, stacks = observation.execution.log, observation.stacks
    for late, early in skews(log, observation.touched):
        key = _key(observation, late)
        if key in asked.known or _flows(log, late) or _flows(log, early):
            continue
        if asked.is_due(key):
            yield FoundCheckThenAct(ATOMICITY_VIOLATION, observation, late)
            return
        if (
            observation.contents
            and has_changed(observation, early)
            and is_decided(stacks, log, early)
            and _is_proven(observation, late, asked.again)
            and asked.again is not None
            and would_not_have_written(observation, early, asked.again) is not None
        ):
            yield FoundCheckThenAct(ATOMICITY_VIOLATION, observation, late)


def _flows(log: Log, found: ActedLate) -> bool:
    """Whether what was read is in what was written: that would be a lost update."""
    read, write = sites_of(log, found)
    return read in SITES[write].flows


def _is_proven(observation: Observation, found: ActedLate, again: Again | None) -> bool:
    log = observation.execution.log
    return (
        again is not None
        and has_changed(observation, found)
        and not was_undone(log, observation.contents, found)
        and is_decided(observation.stacks, log, found)
        and not _is_own(observation, found)
        and would_not_have_written(observation, found, again) is not None
        and not _only_time_tells(observation, found, again)
    )


def _only_time_tells(observation: Observation, found: ActedLate, again: Again) -> bool:
    """Whether the write makes no difference where both threads look at the clock at the same time:
    entries of a cache that say when they were made.
    """
    other = again.at_one_time(observation.execution.schedule, again.limit)
    logs = (observation.execution.log, other.execution.log)
    there, here = ([*map(thread_and_site, log[: found.write + 1])] for log in logs)
    return there == here and not has_changed(other, found)


def _key(observation: Observation, found: ActedLate) -> Hashable:
    return (ATOMICITY_VIOLATION, *sites_of(observation.execution.log, found))


def _is_own(observation: Observation, found: ActedLate) -> bool:
    """Whether it was decided by lines that do not count."""
    log, lines = observation.execution.log, observation.own_lines
    sites = [SITES[number] for number in sites_of(log, found)]
    return bool(lines) and all((site.path, site.line) in lines for site in sites)
