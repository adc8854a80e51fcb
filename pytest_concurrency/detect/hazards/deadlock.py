"""Deadlocks: no thread can go on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from pytest_concurrency.detect.detector import Again, Asked, Detector, Finding
from pytest_concurrency.detect.hazards.given_up import GivenUp, circle, stuck, uses_of, who_is_stuck
from pytest_concurrency.detect.hazards.in_vain import said, signals_told
from pytest_concurrency.detect.observation import Observation
from pytest_concurrency.detect.telling import told
from pytest_concurrency.kinds import DEADLOCK, KINDS
from pytest_concurrency.model import Hazard, SiteUse, ThreadState


@dataclass(frozen=True, slots=True, eq=False)
class FoundDeadlock(GivenUp):
    """Threads that wait for each other, or for what nobody will do."""

    def resembles(self, other: Finding) -> bool:
        """Whether it is the same one, maybe with other threads that got stuck behind it."""
        if not isinstance(other, FoundDeadlock):
            return False
        if circle(self.states) or circle(other.states):
            return self.places == other.places
        # Somebody waits there for what nobody will do.
        return bool(stuck(self.states) & stuck(other.states))

    def tell(self, again: Again | None) -> Hazard:
        """Say who waits for what, and why nobody does it."""
        waiting = who_is_stuck(self.states)
        who = "; ".join(said(self.observation, state) for state in waiting or self.states)
        names = sorted({s.awaits or s.waits_for.partition(" held by")[0] for s in waiting})
        return told(
            self.observation,
            self.kind,
            f"no thread can go on: {who}",
            location=" and ".join(names),
            sites=(*uses_of(waiting or self.states), *self._signals(waiting)),
            states=self.states,
        )

    def _signals(self, waiting: Iterable[ThreadState]) -> Iterator[SiteUse]:
        """Yield what came too early for those who wait, each once."""
        told = (signals_told(self.observation, state) for state in waiting)
        for access in dict.fromkeys(chain.from_iterable(told)):
            yield SiteUse(access.site, access.thread, access.op)


class Deadlocks(Detector):
    """The scheduler knows when nobody can go on; the execution is over then."""

    kinds = (KINDS[DEADLOCK],)

    def findings(self, observation: Observation, asked: Asked) -> Iterable[Finding]:
        """Return the deadlock in which an execution has ended."""
        if observation.execution.outcome != "deadlock":
            return ()
        return (FoundDeadlock(DEADLOCK, observation),)
