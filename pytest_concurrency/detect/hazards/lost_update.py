"""Lost updates, as they are judged and told; the pattern itself is in ``detect/lost_update.py``."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence, Set
from dataclasses import dataclass, replace
from typing import ClassVar

from pytest_concurrency.detect.atomicity.candidates import candidates
from pytest_concurrency.detect.atomicity.over_await import over_awaits
from pytest_concurrency.detect.detector import Again, Asked, Detector, Finding
from pytest_concurrency.detect.effects import as_in, was_exchanged, was_stale
from pytest_concurrency.detect.hazards.outcome import Claim, claimed, difference, in_short
from pytest_concurrency.detect.lock_evidence import about_locks
from pytest_concurrency.detect.lost_update import LostUpdate, lost_updates
from pytest_concurrency.detect.observation import Observation
from pytest_concurrency.detect.outcomes.story import Story
from pytest_concurrency.detect.telling import named_in_source, site_of, told, where
from pytest_concurrency.detect.through_calls import flows_through_calls, joined_at, may_flow
from pytest_concurrency.kinds import KINDS, LOST_UPDATE
from pytest_concurrency.model import Access, Hazard, Operation, SiteUse
from pytest_concurrency.runtime.diagnosis.lock_names import thread_name
from pytest_concurrency.runtime.trace.event import Event, Log, location, site_number, thread_of
from pytest_concurrency.runtime.trace.resource import Location
from pytest_concurrency.runtime.trace.sites import SITES

_EMPTY = frozenset({"''", "b''"})
"""What a file is shown to hold that holds nothing."""
Lines = tuple[tuple[str, int], tuple[str, int]]
"""Where (path, line) a value is read, and where what follows from it is written."""


@dataclass(frozen=True, slots=True, eq=False)
class FoundLostUpdate(Finding):
    """A write based on a value that somebody else has overwritten since it was read."""

    update: LostUpdate

    needs_values: ClassVar[bool] = True

    @property
    def identity(self) -> Hashable:
        """By the sites of all three events."""
        return (self.kind, *map(site_number, self._events))

    @property
    def key(self) -> Hashable:
        """By what was read and what was written from it: whoever wrote in between."""
        return _sites_of(self.observation, self.update)

    @property
    def place(self) -> Location | None:
        """What was read, and written."""
        return location(self._events[0])

    @property
    def is_certain(self) -> bool:
        """Whether the source alone shows that the value flows."""
        return self.update.flows

    @property
    def _events(self) -> tuple[Event, Event, Event]:
        return _events_of(self.observation.execution.log, self.update)

    def tell(self, again: Again | None) -> Hazard:
        """Say who overwrote what, with which values."""
        found, accesses = self.update, self.observation.accesses
        indices = (found.read, found.foreign_write, found.write)
        uses = _uses(self._events)
        read, foreign, write = uses
        location = named_in_source(self._events[0])
        location = accesses[found.read].location if accesses else location
        values = [accesses[index].value for index in indices] if accesses else ["", "", ""]
        one, other = thread_name(foreign.thread, ""), thread_name(write.thread, "")
        place = location or "it"
        did = f"wrote {values[1]} to {place}" if values[1] else f"changed {place}"
        overwrote = f"overwrote it at {where(write)} with {values[2] or 'a value'}"
        filled = _filled_later(accesses, found.write) if accesses else None
        if filled is not None:
            overwrote = f"emptied it at {where(write)} and wrote {filled.value} at {where(filled)}"
        message = (
            f"{one} {did} at {where(foreign)}; {other} {overwrote}, made from the "
            f"{values[0] or 'value'} that it had read before at {where(read)}"
        )
        locks = about_locks(self.observation, (found.read, found.write), (found.foreign_write,))
        failure = self.observation.failure
        return told(
            self.observation,
            self.kind,
            "; ".join(filter(None, (message, locks))),
            location=location,
            sites=uses,
            highlighted=frozenset(indices),
            detail=failure.detail or failure.message if failure is not None else "",
        )


@dataclass(frozen=True, slots=True, eq=False)
class FoundMadeTwice(FoundLostUpdate):
    """One that ends alike, where a thread tells somebody what it tells in no serial order: both
    have taken the last one.
    """

    claim: Claim

    needs_outcome: ClassVar[bool] = True

    def tell(self, again: Again | None) -> Hazard:
        """Say, too, what no order of the threads comes to."""
        # A dataclass with slots is another class than the one that super() would mean.
        told = FoundLostUpdate.tell(self, again)
        outcome, claim = self.observation.outcome, self.claim
        assert outcome is not None
        message = (
            f"{told.message}; no order of the threads one after another comes to this: "
            f"{in_short(outcome, claim.differing)}"
        )
        return replace(told, message=message, detail=difference(outcome, claim.nearest))


def _filled_later(accesses: Sequence[Access], emptied: int) -> Access | None:
    """Return what the thread that has opened a file anew, which empties it, writes there next."""
    first = accesses[emptied]
    if first.value not in _EMPTY or not first.location.startswith("file "):
        return None
    own = (a for a in accesses[emptied + 1 :] if (a.thread, a.op) == (first.thread, "write"))
    return next((each for each in own if each.location == first.location), None)


def told_between_processes(log: Log, found: LostUpdate, location: str) -> Hazard:
    """Describe a lost update of processes, whose values are not seen."""
    message = (
        f"a process writes to {location} what follows from the value that it read before another "
        f"one wrote there: that one's update is lost"
    )
    return Hazard(LOST_UPDATE, message, location, _uses(_events_of(log, found)))


def _events_of(log: Log, found: LostUpdate) -> tuple[Event, Event, Event]:
    return (log[found.read], log[found.foreign_write], log[found.write])


def _uses(events: Sequence[Event]) -> tuple[SiteUse, ...]:
    ops: tuple[Operation, ...] = ("read", "write", "write")
    return tuple(
        SiteUse(site_of(site_number(event)), thread_of(event), op)
        for event, op in zip(events, ops, strict=True)
    )


class LostUpdates(Detector):
    """Looks for the pattern in the log, and in executions that are recorded at the values."""

    kinds = (KINDS[LOST_UPDATE],)

    def __init__(self, flowing: Set[Lines] = frozenset()) -> None:
        self._flowing = flowing
        """Lines between which it is known that a value flows, from elsewhere."""

    def findings(self, observation: Observation, asked: Asked) -> Iterator[Finding]:
        """Yield the lost updates of an execution; one that may flow through calls, for which
        stacks are needed, if it is due to look at them.
        """
        yield from over_awaits(observation, asked)
        if candidates(observation.done).updates <= asked.known:
            return  # which is so where everything was seen before
        for found in _lost_updates(observation, asked, self._flowing):
            if _is_certain(observation, found, asked.again):
                yield FoundLostUpdate(LOST_UPDATE, observation, found)
                continue
            claim = claimed(observation, asked)
            if claim is not None and _is_at(observation.execution.log, found, claim.story):
                yield FoundMadeTwice(LOST_UPDATE, observation, found, claim)


def _is_certain(observation: Observation, found: LostUpdate, again: Again | None) -> bool:
    """Whether nobody has to ask what the threads come to one after another, or it is tried, and
    they come to something else.
    """
    if observation.failure is not None or not observation.contents:
        return True
    execution = observation.execution
    serials = again.serials(execution.threads) if again is not None else ()
    return not as_in(execution.log, observation.contents, found, serials)


def _is_at(log: Log, found: LostUpdate, story: Story) -> bool:
    """Whether the threads have got in each other's way where the update was made."""
    return all(location(log[each]) == location(log[found.write]) for each in story.own)


def _lost_updates(
    observation: Observation, asked: Asked, flowing: Set[Lines]
) -> Iterator[LostUpdate]:
    """Yield the lost updates that are no mistake; some may end as serial executions do. Where it is
    not known that the value read flows into the one written, an execution that fails has to be
    found by blame to fail by this, in one that passes the value has to be followed through the
    calls.
    """
    execution, contents = observation.execution, observation.contents
    failed, doubtful = observation.failure is not None, None
    log = execution.log
    for found in lost_updates(log, execution.marks, asked.known):
        if not found.flows and flowing and lines_of(log, found) in flowing:
            found = replace(found, flows=True)
        if not found.flows:
            sites = _sites_of(observation, found)
            if failed or sites in asked.known:
                continue
            is_due = doubtful is None and may_flow(*sites) and asked.is_due(sites)
            if not observation.stacks:
                doubtful = found if is_due else doubtful
                continue
            if not flows_through_calls(log, observation.stacks, found):
                continue
        if _is_own(observation, found):
            continue
        if contents and (
            not was_stale(log, contents, found, failed=failed)
            or was_exchanged(log, contents, found)
        ):
            continue
        yield found
    if doubtful is not None:
        yield doubtful


def lines_of(log: Log, found: LostUpdate) -> Lines:
    """Return where a value is read, and where what follows from it is written."""
    read, write = (SITES[site_number(log[index])] for index in (found.read, found.write))
    return (read.path, read.line), (write.path, write.line)


def _sites_of(observation: Observation, found: LostUpdate) -> tuple[int, int]:
    log = observation.execution.log
    return (site_number(log[found.read]), site_number(log[found.write]))


def _is_own(observation: Observation, found: LostUpdate) -> bool:
    """Whether the value went from the read to the write by lines that do not count."""
    log, lines = observation.execution.log, observation.own_lines
    if not lines:
        return False
    if not found.flows:
        return joined_at(observation.stacks, found) in lines
    sites = [SITES[site_number(log[index])] for index in (found.read, found.write)]
    return all((site.path, site.line) in lines for site in sites)
