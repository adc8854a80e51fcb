"""Data races, as they are told: as a note where no damage is to be expected, as a warning where one
thread does not take the lock under which another one was at work.

They follow from a whole search (``search/racing.py``), where nothing worse was found there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from pytest_concurrency.detect.atomicity.pattern import FoundPattern
from pytest_concurrency.detect.detector import Again
from pytest_concurrency.detect.races.meaning import meaning_of
from pytest_concurrency.detect.races.unordered import Overtaken, Race
from pytest_concurrency.detect.telling import where
from pytest_concurrency.model import Hazard
from pytest_concurrency.runtime.diagnosis.lock_names import thread_name
from pytest_concurrency.runtime.trace.event import location


@dataclass(frozen=True, slots=True, eq=False)
class FoundRace(FoundPattern):
    """Two accesses that nothing orders."""

    found: Race

    def tell(self, again: Again | None) -> Hazard:
        """Say who does what where, and what that means."""
        first, second = self.found
        place = location(self.observation.execution.log[first])
        one, other = self.uses
        name = self.named(first)
        verbs = {"read": "reads", "write": "writes"}
        message = (
            f"{thread_name(one.thread, '')} {verbs[one.op]} {name or 'it'} at {where(one)}, "
            f"{thread_name(other.thread, '')} {verbs[other.op]} it at {where(other)}, and nothing "
            f"orders the two; {meaning_of(self.observation, place)}"
        )
        return replace(self.told(message, name, (first, first), (second,)), severity="note")


@dataclass(frozen=True, slots=True, eq=False)
class FoundOvertaking(FoundPattern):
    """A write without the lock under which another thread was about to update the same."""

    found: Overtaken

    def tell(self, again: Again | None) -> Hazard:
        """Say who did not take the lock, and what the other one has written over that."""
        read, foreign, write = self.found
        before, came, after = self.uses
        name = self.named(read)
        mine, other = thread_name(before.thread, ""), thread_name(came.thread, "")
        message = (
            f"{other} wrote {name or 'it'}{self.value(foreign)} at {where(came)} without the lock "
            f"that {mine} held from {where(before)} to {where(after)}, where it wrote"
            f"{self.value(write)} over that, made from what it had read before{self.value(read)}; "
            f"no schedule tried shows that anything was lost by it"
        )
        return replace(self.told(message, name, (read, write), (foreign,)), severity="warning")
