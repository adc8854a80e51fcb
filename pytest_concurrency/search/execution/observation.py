"""An execution and its judgement: what the test said of it, what looks like a hazard in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from typing import Protocol

from pytest_concurrency.detect.effects import Contents, Serial, as_in, was_exchanged, was_stale
from pytest_concurrency.detect.lost_update import LostUpdate, lost_updates
from pytest_concurrency.detect.through_calls import flows_through_calls, joined_at
from pytest_concurrency.kinds import (
    DEADLOCK,
    LOST_UPDATE,
    NO_PROGRESS,
    TEST_FAILURE,
    TIMEOUT,
    HazardKind,
)
from pytest_concurrency.model import Access, Site, Symptom, ThreadState
from pytest_concurrency.runtime.scheduler.protocols import Strategy
from pytest_concurrency.runtime.system.frames import Stack
from pytest_concurrency.runtime.trace.event import site_number
from pytest_concurrency.runtime.trace.sites import SITES
from pytest_concurrency.search.execution.engine import Execution

_HOLDER = re.compile(r" held by thread (\d+)")
_OUTCOMES: dict[str, HazardKind] = {
    "deadlock": DEADLOCK,
    "step-limit": NO_PROGRESS,
    "timeout": TIMEOUT,
}


@dataclass(frozen=True, slots=True)
class Failure:
    """An execution that ended as no serial run does: what a person is told about it."""

    message: str
    detail: str = ""
    kind: HazardKind = TEST_FAILURE
    exception: str = ""
    """The exception's type; empty where there is none."""
    site: Site | None = None
    """Where it was raised: the innermost line of the user's own code."""
    stack: tuple[tuple[str, int], ...] = ()
    """The lines of the user's own code that it went through, the innermost last."""

    @property
    def symptom(self) -> Symptom:
        """The same for two sightings of one failure.

        Not by its text: that may hold a path, an address, a process id, a port or a time, which
        differ from execution to execution.
        """
        path, line = (self.site.path, self.site.line) if self.site is not None else ("", 0)
        return (self.kind, self.exception, path, line)


@dataclass(slots=True)
class Observation:
    """An execution and how the test judged it."""

    execution: Execution
    failure: Failure | None = None
    accesses: Sequence[Access] = ()
    """The full record, if one was asked for: one entry per event of the execution's log."""
    waits: Sequence[tuple[int, Access]] = ()
    """With it: where threads went on that had waited, before which event of the log."""
    contents: Contents = ()
    """With it: what was in the locations."""
    strands: Sequence[int] = ()
    """With it: who did it, where tasks of an event loop count as themselves."""
    stacks: Sequence[Stack] = ()
    """With it: where the threads stood."""
    own_lines: frozenset[tuple[str, int]] = frozenset()
    """Lines (path, number) whose doings are nobody's fault: a value that is lost because one of
    them has handed it on to another one does not count."""


class Workload(Protocol):
    """Runs the program under test once, from a fresh state, under a strategy."""

    def __call__(self, strategy: Strategy, limit: int, record: bool, /) -> Observation:
        """Execute once; at most ``limit`` scheduling points; with ``record`` note every access."""
        ...


@dataclass(frozen=True, slots=True)
class Suspect:
    """What looks like a hazard in one execution."""

    kind: HazardKind
    observation: Observation
    lost_update: LostUpdate | None = None

    @property
    def size(self) -> tuple[int, int, int]:
        """Preemptions, deviations, scheduling points: the fewer, the easier to understand."""
        execution = self.observation.execution
        return (execution.preemptions, len(execution.switches), execution.steps)

    @property
    def identity(self) -> tuple[object, ...]:
        """The same for two executions that show the same hazard."""
        execution = self.observation.execution
        if self.lost_update is not None:
            found = self.lost_update
            events = (found.read, found.foreign_write, found.write)
            return (self.kind, *[site_number(execution.log[index]) for index in events])
        if execution.outcome:
            return (self.kind, self._places)
        failure = self.observation.failure
        return (self.kind,) if failure is None else failure.symptom

    @property
    def _places(self) -> frozenset[tuple[str, int]]:
        """Where the threads stood that wait for each other; where it is not known who those are,
        all.
        """
        states = self.observation.execution.states
        return frozenset(map(_place, _circle(states) or states))

    def resembles(self, other: Suspect) -> bool:
        """Whether it shows the same hazard as ``other``, maybe with other threads that got stuck
        behind it.
        """
        if not self.kind == other.kind == DEADLOCK:
            return self.identity == other.identity
        one, two = (suspect.observation.execution.states for suspect in (self, other))
        if _circle(one) or _circle(two):
            return self._places == other._places
        # Somebody waits there for what nobody will do.
        return bool(_stuck(one) & _stuck(two))


def _stuck(states: Sequence[ThreadState]) -> set[tuple[str, int]]:
    return {_place(state) for state in states if state.thread and state.waits_for}


def _circle(states: Sequence[ThreadState]) -> list[ThreadState]:
    """Return the threads each of which waits for a lock that the next one holds."""
    waits = {state.thread: _HOLDER.search(state.waits_for) for state in states}
    holders = {thread: int(found[1]) for thread, found in waits.items() if found}
    for thread in holders:
        met = [thread]
        while (holder := holders.get(met[-1])) is not None:
            if holder == thread:
                return [state for state in states if state.thread in met]
            if holder in met:
                break
            met.append(holder)
    return []


def _place(state: ThreadState) -> tuple[str, int]:
    """Return where a thread stood; of one that kept running, which was cut off anywhere, only the
    file.
    """
    if state.waits_for and state.site is not None:
        return (state.site.path, state.site.line)
    return (state.stack[0].path if state.stack else "", 0)


def look(
    observation: Observation,
    serials: Sequence[Serial] = (),
    known: Set[tuple[int, int]] = frozenset(),
    is_due: Callable[[tuple[int, int]], bool] = lambda sites: False,
) -> Suspect | None:
    """Judge one execution; ``serials`` are what its threads do one after another. Lost updates that
    are known (the sites of read and write) are passed over. One that may flow through calls, for
    which stacks are needed, is a suspect if it ``is_due`` to look at them.
    """
    execution = observation.execution
    if execution.outcome in ("too-long", "cut"):
        return None
    if execution.outcome:
        return Suspect(_OUTCOMES[execution.outcome], observation)
    found = _lost_update(observation, serials, known, is_due)
    if found is not None:
        return Suspect(LOST_UPDATE, observation, found)
    if observation.failure is not None:
        return Suspect(observation.failure.kind, observation)
    return None


def _lost_update(
    observation: Observation,
    serials: Sequence[Serial],
    known: Set[tuple[int, int]],
    is_due: Callable[[tuple[int, int]], bool],
) -> LostUpdate | None:
    """Return the first lost update. Where it is not known that the value read flows into the one
    written, an execution that fails has to be found by blame to fail by this, in one that passes
    the value has to be followed through the calls.
    """
    execution, contents = observation.execution, observation.contents
    failed, doubtful = observation.failure is not None, None
    log = execution.log
    for found in lost_updates(log, execution.marks, known):
        if not found.flows:
            sites = (site_number(log[found.read]), site_number(log[found.write]))
            if failed or sites in known:
                continue
            if not contents:
                doubtful = doubtful or (found if is_due(sites) else None)
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
        if failed or not contents or not as_in(log, contents, found, serials):
            return found
    return doubtful


def _is_own(observation: Observation, found: LostUpdate) -> bool:
    """Whether the value went from the read to the write by lines that do not count."""
    log, lines = observation.execution.log, observation.own_lines
    if not lines:
        return False
    if not found.flows:
        return joined_at(observation.stacks, found) in lines
    sites = [SITES[site_number(log[index])] for index in (found.read, found.write)]
    return all((site.path, site.line) in lines for site in sites)
