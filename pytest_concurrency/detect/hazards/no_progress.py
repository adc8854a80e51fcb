"""No progress: the threads keep running, also where the rest of the schedule is fair.

What they do over and over is in the log: what they keep reading, and that nobody writes it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from pytest_concurrency.detect.detector import Again, Asked, Detector, Finding
from pytest_concurrency.detect.hazards.given_up import GivenUp, how_they_stand, uses_of
from pytest_concurrency.detect.observation import Execution, Observation
from pytest_concurrency.detect.telling import told
from pytest_concurrency.kinds import KINDS, NO_PROGRESS
from pytest_concurrency.model import Access, Hazard
from pytest_concurrency.runtime.trace.event import (
    Event,
    Log,
    location,
    operation,
    site_number,
    thread_and_site,
    thread_of,
)
from pytest_concurrency.runtime.trace.operations import CALL, ONLY_READ, TRY
from pytest_concurrency.runtime.trace.sites import SITES

_FAIR_SHARES = (5, 50)
"""How many times that number a fair continuation may take: looking only, and while somebody writes.
The latter once for the same threads at the same sites: a shorter schedule may lead there, too.
"""
_LATEST = 2000
"""Events at the end of an execution in which a loop shows."""
_MOST_LOCATIONS = 2
_MOST_THREADS = 3


class Endless(GivenUp):
    """An execution that went on when it was stopped."""

    __slots__ = ()

    def told_because(self, reason: str) -> Hazard:
        """Say what the threads were doing when it was stopped for this reason."""
        execution = self.observation.execution
        message = f"the execution does not end: {reason} after {execution.steps} scheduling points"
        involved = [state for state in self.states if state.site is not None and state.thread]
        doing = what_keeps_running(execution.log, self.observation.accesses)
        doing = doing or how_they_stand(involved)
        message += f": {doing}" if doing else ""
        sites = uses_of(involved)
        return told(self.observation, self.kind, message, sites=sites, states=self.states)


@dataclass(frozen=True, slots=True, eq=False)
class FoundNoProgress(Endless):
    """An execution that has reached its limit of scheduling points."""

    is_cut_off: ClassVar[bool] = True

    def refuted(self, again: Again) -> Execution | None:
        """Return how it ends where its schedule is followed by a fair one; None if it does not.

        What ends then was only kept from what another thread does, or had more to do than its
        threads have one after another.
        """
        endless = self.observation.execution
        fair: Execution | None = None
        for share in _FAIR_SHARES:
            most = share * max(again.limit, endless.steps)
            fair = again.ended_fairly(endless.schedule, endless.steps, most).execution
            if fair.outcome in (
                "",
                "too-long",
                "cut",
            ):  # stopped while it went on: nothing is known
                return fair
            looks_on = fair.outcome == "step-limit" and all(map(_looks, fair.log[-_LATEST:]))
            if fair.outcome != "step-limit" or (looks_on and _saw_it_before(fair.log)):
                return None
            loop = frozenset(map(thread_and_site, fair.log[-_LATEST:]))
            if not looks_on and loop in again.followed_for_long:
                return None
        if looks_on:
            return fair  # each time at something else: it may come to an end
        again.followed_for_long.add(loop)
        return None

    def tell(self, again: Again | None) -> Hazard:
        """Say what the threads were doing."""
        return self.told_because("the threads keep running")


class NoProgress(Detector):
    """Only what does not end under a fair schedule, either, is reported."""

    kinds = (KINDS[NO_PROGRESS],)

    def findings(self, observation: Observation, asked: Asked) -> Iterable[Finding]:
        """Return an execution that has reached its limit."""
        if observation.execution.outcome != "step-limit":
            return ()
        return (FoundNoProgress(NO_PROGRESS, observation),)


def _saw_it_before(log: Log) -> bool:
    """Whether all that was looked at in the end had been looked at before."""
    latest = set(map(location, log[-_LATEST:]))
    latest.difference_update(map(location, log[:-_LATEST]))
    return not latest


_WAITING = frozenset(
    {"acquire", "empty", "full", "get", "get_nowait", "is_alive", "is_set", "join", "locked"}
    | {"qsize", "wait"}
)
"""Methods of primitives that look, or take what is there: nobody can do so for ever unless somebody
else gives."""


def _looks(event: Event) -> bool:
    op = operation(event)
    return _is_look(op) or (op in (CALL, TRY) and SITES[site_number(event)].name in _WAITING)


def what_keeps_running(log: Log, accesses: Sequence[Access]) -> str:
    """Describe what each thread was doing over and over; empty if nothing of it is known."""
    start = max(0, len(log) - _LATEST)
    names = [access.location for access in accesses[start:]] if len(accesses) == len(log) else []
    written = {location(event) for event in log[start:] if not _is_look(operation(event))}
    told: dict[int, Counter[tuple[str, int, str, bool]]] = {}
    for position, event in enumerate(log[start:]):
        name = names[position] if names else SITES[site_number(event)].label
        is_stuck = _is_look(operation(event)) and location(event) not in written
        counts = told.setdefault(thread_of(event), Counter())
        counts[name, site_number(event), operation(event), is_stuck] += 1
    threads = sorted(thread for thread in told if thread or len(told) == 1)
    sentences = [_of_thread(thread, told[thread]) for thread in threads[:_MOST_THREADS]]
    return "; ".join(filter(None, sentences))


def _is_look(op: str) -> bool:
    return op in ONLY_READ


def _of_thread(thread: int, counts: Counter[tuple[str, int, str, bool]]) -> str:
    most = counts.most_common(1)[0][1]
    repeated = [what for what, count in counts.items() if count > 1 and 2 * count >= most]
    stuck = [what for what in repeated if what[3]]
    others = [what for what in repeated if not _is_look(what[2])]
    names = {what[0].rpartition(".")[2] for what in others}
    stuck = [what for what in stuck if what[0].rpartition(".")[2] not in names]
    if stuck:
        return f"{_keeps(thread, 'reading', stuck)}, which nobody writes"
    if others:
        return _keeps(thread, "trying", others)
    return _keeps(thread, "reading", repeated) if repeated else ""


def _keeps(thread: int, doing: str, what: Sequence[tuple[str, int, str, bool]]) -> str:
    # The innermost of ``self.state.ready`` comes last; it is what the loop is about.
    shown = what[-_MOST_LOCATIONS:]
    names = " and ".join(dict.fromkeys(name or SITES[number].label for name, number, *_ in shown))
    site = SITES[shown[-1][1]]
    return f"thread {thread} keeps {doing} {names} at {Path(site.path).name}:{site.line}"
