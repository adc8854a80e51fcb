"""Stale reads, as they are judged and told; the patterns are in ``detect/atomicity/stale.py``."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

from pytest_concurrency.detect.atomicity.pattern import FoundPattern
from pytest_concurrency.detect.atomicity.stale import Pattern, Stale, is_stale, stale_reads
from pytest_concurrency.detect.detector import Again, Asked, Detector, Finding
from pytest_concurrency.detect.hazards.outcome import (
    Unexplained,
    difference,
    in_short,
    is_promised,
    plainest_story,
    unexplained,
)
from pytest_concurrency.detect.observation import Observation
from pytest_concurrency.detect.outcomes.story import Story, was_lent
from pytest_concurrency.detect.telling import AND, line_of, site_of, with_containers
from pytest_concurrency.kinds import KINDS, STALE_READ
from pytest_concurrency.model import Hazard
from pytest_concurrency.runtime.diagnosis.lock_names import thread_name
from pytest_concurrency.runtime.trace.event import site_number, thread_of


@dataclass(frozen=True, slots=True, eq=False)
class FoundStaleRead(FoundPattern):
    """A read that another thread has made stale, in an execution that comes to something else than
    all serial ones.
    """

    stale: Stale
    outcome: Unexplained

    needs_outcome: ClassVar[bool] = True
    only_says_that: ClassVar[bool] = True

    @property
    def key(self) -> Hashable:
        """By the steps of the thread that was interrupted."""
        log = self.observation.execution.log
        stale = self.stale
        return (self.kind, site_number(log[stale.first]), site_number(log[stale.then]))

    @property
    def locations(self) -> tuple[str, ...]:
        """Where the threads met."""
        stale = self.stale
        if stale.pattern is Pattern.EARLY:
            return tuple(dict.fromkeys(map(self.named, (stale.then, stale.first))))
        return (self.named(stale.first),)

    def tell(self, again: Again | None) -> Hazard:
        """Say what was read when, who has changed it, and what has come of it."""
        outcome, stale = self.observation.outcome, self.stale
        assert outcome is not None
        message = (
            f"{self._sentence()}; no order of the threads one after another comes to this: "
            + in_short(outcome, self.outcome.differing)
        )
        location = AND.join(filter(None, self.locations))
        hazard = self.told(message, location, (stale.first, stale.then), (stale.foreign,))
        return replace(hazard, detail=difference(outcome, self.outcome.nearest))

    def _sentence(self) -> str:
        _, first, foreign, then = self.stale
        log = self.observation.execution.log
        mine, other = (thread_name(thread_of(log[each]), "") for each in (first, foreign))
        name = self.named(first) or "it"
        was, became, met = (self.value(each) for each in (first, then, foreign))
        here, there, came = (self._where(each) for each in (first, then, foreign))
        match self.stale.pattern:
            case Pattern.AGAIN:
                return (
                    f"{mine} read {name}{was} at {here} and once more{became} at {there}; {other} "
                    f"had changed it in between at {came}"
                )
            case Pattern.OVERWRITTEN:
                return (
                    f"{mine} wrote {name}{was} at {here} and read it{became} at {there}; {other} "
                    f"had overwritten it in between at {came}"
                )
            case Pattern.PASSING:
                return (
                    f"{other} read {name}{met} at {came}, where {mine} had written it at {here} "
                    f"and wrote it again{became} at {there}: what was read was there for a moment"
                )
            case Pattern.GONE_THROUGH:
                return (
                    f"{mine} was going through {name} at {here} when {other} changed it at {came}: "
                    f"items may be skipped, met twice, or partly new"
                )
            case Pattern.EARLY:
                return (
                    f"{mine} let others find the object at {here}, and wrote "
                    f"{self.named(then) or 'to it'}{became} at {there}; in between {other} found "
                    f"it, and read that{met} at {came}"
                )

    def _where(self, index: int) -> str:
        return line_of(site_of(site_number(self.observation.execution.log[index])))


class StaleReads(Detector):
    """Looks, where an execution comes to something else than all serial ones, for reads that make
    it so.
    """

    kinds = (KINDS[STALE_READ],)

    def findings(self, observation: Observation, asked: Asked) -> Iterator[Finding]:
        """Yield what was stale in an execution that no serial one explains."""
        outcome = unexplained(observation, asked)
        if outcome is None:
            return
        log, contents = observation.execution.log, observation.contents
        story = plainest_story(observation)
        for stale in stale_reads(log, observation.execution.noted, story):
            if contents and not is_stale(observation, stale):
                continue
            found = FoundStaleRead(STALE_READ, observation, stale.events, stale, outcome)
            if (
                asked.accused.isdisjoint(with_containers(found.locations))
                and not was_lent(observation, Story(*stale[1:]))
                and is_promised(observation, outcome.differing, found.locations, stale.events)
            ):
                yield found
                return
