"""Atomicity violations; how check-then-act is judged and told (the patterns are in
``detect/atomicity/``)."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from pytest_concurrency.detect.atomicity.check_then_act import (
    ActedLate,
    acted_late,
    has_changed,
    is_decided,
    sites_of,
    would_not_have_written,
)
from pytest_concurrency.detect.detector import Again, Asked, Detector, Finding
from pytest_concurrency.detect.hazards.torn import torn
from pytest_concurrency.detect.lock_evidence import about_locks
from pytest_concurrency.detect.observation import Observation
from pytest_concurrency.detect.telling import named_in_source, site_of, told, where
from pytest_concurrency.kinds import ATOMICITY_VIOLATION, KINDS
from pytest_concurrency.model import Hazard, SiteUse
from pytest_concurrency.runtime.diagnosis.lock_names import thread_name
from pytest_concurrency.runtime.trace.event import Log, effect, site_number, thread_of
from pytest_concurrency.runtime.trace.sites import SITES


@dataclass(frozen=True, slots=True, eq=False)
class FoundCheckThenAct(Finding):
    """A write that is decided by what another thread has overwritten since it was read."""

    found: ActedLate

    needs_values: ClassVar[bool] = True

    @property
    def identity(self) -> Hashable:
        """By the sites of all three events."""
        return (self.kind, *(site_number(self.observation.execution.log[i]) for i in self.found))

    @property
    def key(self) -> Hashable:
        """By what was read and what was written: whoever wrote in between."""
        return _key(self.observation, self.found)

    @property
    def is_certain(self) -> bool:
        """Only another execution tells."""
        return False

    def tell(self, again: Again | None) -> Hazard:
        """Say what was found, who changed it, and what was done all the same."""
        log, accesses = self.observation.execution.log, self.observation.accesses
        uses = tuple(
            SiteUse(site_of(site_number(log[i])), thread_of(log[i]), effect(log[i]).shown)
            for i in self.found
        )
        read, foreign, write = uses
        location = accesses[self.found.read].location if accesses else ""
        location = location or named_in_source(log[self.found.read])
        one, other = thread_name(read.thread, ""), thread_name(foreign.thread, "")
        place = location or "it"
        values = [
            f" ({accesses[i].value})" if accesses and accesses[i].value else "" for i in self.found
        ]
        message = (
            f"{one} looked at {place} at {where(read)}{values[0]}; {other} changed it at "
            f"{where(foreign)}{values[1]}; {one} changed it at {where(write)}{values[2]} by what "
            f"it had found: where {other} comes first, it does not"
        )
        locks = about_locks(
            self.observation, (self.found.read, self.found.write), (self.found.foreign_write,)
        )
        failure = self.observation.failure
        return told(
            self.observation,
            self.kind,
            "; ".join(filter(None, (message, locks))),
            location=location,
            sites=uses,
            highlighted=frozenset(self.found),
            detail=failure.detail or failure.message if failure is not None else "",
        )


class AtomicityViolations(Detector):
    """Looks for the patterns in the log; in executions that are recorded, at the calls between, the
    values, and what the thread does where the other one comes first.
    """

    kinds = (KINDS[ATOMICITY_VIOLATION],)

    def findings(self, observation: Observation, asked: Asked) -> Iterator[Finding]:
        """Yield what was decided by something stale, and pairs that were torn; what may have been,
        if it is due to look.
        """
        yield from _acted_late(observation, asked)
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


def _flows(log: Log, found: ActedLate) -> bool:
    """Whether what was read is in what was written: that would be a lost update."""
    read, write = sites_of(log, found)
    return read in SITES[write].flows


def _is_proven(observation: Observation, found: ActedLate, again: Again | None) -> bool:
    log = observation.execution.log
    return (
        again is not None
        and has_changed(log, observation.contents, found)
        and is_decided(observation.stacks, log, found)
        and not _is_own(observation, found)
        and would_not_have_written(observation, found, again) is not None
    )


def _key(observation: Observation, found: ActedLate) -> Hashable:
    return (ATOMICITY_VIOLATION, *sites_of(observation.execution.log, found))


def _is_own(observation: Observation, found: ActedLate) -> bool:
    """Whether it was decided by lines that do not count."""
    log, lines = observation.execution.log, observation.own_lines
    sites = [SITES[number] for number in sites_of(log, found)]
    return bool(lines) and all((site.path, site.line) in lines for site in sites)
