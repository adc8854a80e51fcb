"""A plugin that adds one of each: a detector, a strategy, a kind of location, a report."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from pytest_concurrency.extending import (
    OPERATIONS,
    Again,
    Asked,
    Detector,
    Entry,
    Finding,
    Hazard,
    Kind,
    LocationKind,
    Observation,
    Sampling,
    SiteUse,
    Task,
    event,
    site_of,
    told,
    where,
)

# -- a detector -----------------------------------------------------------------------------------

UNORDERED = Kind(
    "unordered-access",
    "accesses in no order",
    "two threads use one location, one of them writes, and nothing orders them",
)


@dataclass(frozen=True, slots=True, eq=False)
class FoundUnordered(Finding):
    """Two accesses, as positions in the log."""

    one: int
    other: int

    @property
    def identity(self) -> Hashable:
        """By where they are in the source."""
        log = self.observation.execution.log
        return (self.kind, *sorted(event.site_number(log[at]) for at in (self.one, self.other)))

    def tell(self, again: Again | None) -> Hazard:
        """Name the location and both lines."""
        observed, pair = self.observation, (self.one, self.other)
        events = [observed.execution.log[at] for at in pair]
        uses = [
            SiteUse(
                site_of(event.site_number(each)), event.thread_of(each), event.effect(each).shown
            )
            for each in events
        ]
        name = observed.accesses[self.one].location if observed.accesses else "a location"
        places = " and ".join(dict.fromkeys(map(where, uses)))
        message = f"nothing orders what two threads do with {name} at {places}"
        return told(
            observed, self.kind, message, location=name, sites=uses, highlighted=frozenset(pair)
        )


class UnorderedAccesses(Detector):
    """Neighbours of two threads at one location that happens-before does not order."""

    kinds = (UNORDERED,)

    def findings(self, observation: Observation, asked: Asked) -> Iterator[Finding]:
        """Yield those of which one writes."""
        log = observation.execution.log
        for indices in observation.touched.values():
            for one, other in pairwise(indices):
                first, second = (OPERATIONS[event.operation(log[at])] for at in (one, other))
                if event.thread_of(log[one]) == event.thread_of(log[other]):
                    continue
                if first.synchronises or not (first.writes or second.writes):
                    continue
                if observation.are_unordered(one, other):
                    yield FoundUnordered(UNORDERED.name, observation, one, other)


def pytest_concurrency_detectors() -> list[Detector]:
    return [UnorderedAccesses()]


# -- a strategy -----------------------------------------------------------------------------------


class Latest(Sampling):
    """Whoever came last goes first, but for a switch now and then."""

    name = "latest"

    def choose(self, enabled: list[Task], task: Task) -> Task:
        return enabled[-1 - self._choices.below(min(2, len(enabled)))]

    def grant(self, task: Task, enabled: list[Task]) -> int:
        return self._choices.below(4)


def pytest_concurrency_strategies() -> list[Entry]:
    return [Entry("latest", Latest.made)]


# -- a kind of location ---------------------------------------------------------------------------


def pytest_concurrency_location_kinds() -> list[LocationKind]:
    functions = {
        "keystore.get": lambda key: [(key, "read")],
        "keystore.put": lambda key, value: [(key, "write")],
        "keystore.Client.add": lambda client, key, by=1: [(f"{client.space}.{key}", "use")],
    }
    return [LocationKind("store key", functions)]


# -- a report -------------------------------------------------------------------------------------


def pytest_concurrency_report(config, reports) -> None:
    lines = [f"{each.nodeid}: {hazard.kind}" for each in reports for hazard in each.hazards]
    Path(config.rootpath, "hazards.txt").write_text("\n".join(lines), encoding="utf-8")
