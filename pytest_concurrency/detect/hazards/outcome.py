"""Outcomes that no order of the workers one after another explains."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import ndiff
from functools import partial
from itertools import pairwise
from pprint import pformat
from typing import Any, ClassVar, NamedTuple

from pytest_concurrency.detect.atomicity.intended import is_intended
from pytest_concurrency.detect.detector import Again, Asked, Detector, Finding
from pytest_concurrency.detect.effects import loses_nothing
from pytest_concurrency.detect.lock_evidence import are_guarded
from pytest_concurrency.detect.lost_update import lost_updates
from pytest_concurrency.detect.observation import Execution, Observation
from pytest_concurrency.detect.outcome import Outcome, Path
from pytest_concurrency.detect.outcomes.conflict_graph import is_tangled
from pytest_concurrency.detect.outcomes.rounds import in_rounds
from pytest_concurrency.detect.outcomes.story import Story, story_of, was_lent, was_made_twice
from pytest_concurrency.detect.telling import (
    AND,
    named_in_source,
    site_of,
    told,
    where,
    with_containers,
)
from pytest_concurrency.kinds import KINDS, NONSERIALIZABLE_OUTCOME
from pytest_concurrency.model import Hazard, SiteUse
from pytest_concurrency.runtime.diagnosis.lock_names import thread_name
from pytest_concurrency.runtime.trace.event import operation, site_number, thread_of
from pytest_concurrency.runtime.trace.operations import EXPIRE, ONLY_READ, TRY, WAIT


@dataclass(frozen=True, slots=True, eq=False)
class FoundOutcome(Finding):
    """An execution that comes to something else than all serial ones."""

    nearest: Outcome
    """What the most similar serial one comes to."""
    differing: frozenset[Path]
    story: Story

    explains_failure: ClassVar[bool] = False
    needs_values: ClassVar[bool] = True
    needs_outcome: ClassVar[bool] = True
    only_says_that: ClassVar[bool] = True

    @property
    def identity(self) -> Hashable:
        """By what differs, and the locations at which the threads got in each other's way."""
        log = self.observation.execution.log
        own = self.story.own
        return (self.kind, tuple(dict.fromkeys(named_in_source(log[each]) for each in own)))

    @property
    def key(self) -> Hashable:
        """By the locations."""
        return self.identity

    @property
    def is_certain(self) -> bool:
        """What comes out only once may be chance."""
        return False

    @property
    def locations(self) -> tuple[str, ...]:
        """Where the threads got in each other's way."""
        return locations_of(self.observation, self.story)

    def tell(self, again: Again | None) -> Hazard:
        """Say what differs from the nearest serial outcome, and where a thread got in between."""
        outcome, log = self.observation.outcome, self.observation.execution.log
        assert outcome is not None
        events = self.story.events
        uses = [
            SiteUse(
                site_of(site_number(log[each])),
                thread_of(log[each]),
                "read" if operation(log[each]) in ONLY_READ else "write",
            )
            for each in events
        ]
        message = "no order of the threads one after another comes to this: " + in_short(
            outcome, self.differing
        )
        message += (
            f"; {thread_name(uses[1].thread, '')} got in at {where(uses[1])}, between what "
            f"{thread_name(uses[0].thread, '')} did at {where(uses[0])} and {where(uses[2])}"
        )
        return told(
            self.observation,
            self.kind,
            message,
            location=AND.join(filter(None, self.locations)),
            sites=uses,
            highlighted=frozenset(events),
            detail=difference(outcome, self.nearest),
        )


class Outcomes(Detector):
    """Compares what the workers came to with what they come to one after another."""

    kinds = (KINDS[NONSERIALIZABLE_OUTCOME],)

    def findings(self, observation: Observation, asked: Asked) -> Iterator[Finding]:
        """Yield the outcome of an execution if no serial one has it."""
        claim = claimed(observation, asked)
        if claim is not None:
            yield FoundOutcome(NONSERIALIZABLE_OUTCOME, observation, *claim)


class Claim(NamedTuple):
    """What may be said of an execution that comes to something else than all serial ones."""

    nearest: Outcome
    differing: frozenset[Path]
    story: Story


def claimed(observation: Observation, asked: Asked) -> Claim | None:
    """Return what an execution comes to, and how, if nothing says that it was meant so."""
    found = unexplained(observation, asked)
    if found is None:
        return None
    log, contents = observation.execution.log, observation.contents
    story = plainest_story(observation)
    if (
        story is None
        or not is_tangled(log, observation.execution.noted)
        or was_lent(observation, story)
        or (was_made_twice(log, contents, story) and only_counts(observation.outcome, *found))
    ):
        return None
    claim = Claim(*found, story)
    locations = locations_of(observation, story)
    is_new = asked.accused.isdisjoint(with_containers(locations))
    if is_new and is_promised(observation, found.differing, locations, story.events):
        return claim
    return None


def locations_of(observation: Observation, story: Story) -> tuple[str, ...]:
    """Return what the places are called where the threads got in each other's way."""
    log, accesses = observation.execution.log, observation.accesses
    if accesses:
        return tuple(dict.fromkeys(accesses[each].location for each in story.own))
    return tuple(dict.fromkeys(named_in_source(log[each]) for each in story.own))


def plainest_story(observation: Observation) -> Story | None:
    """Return how it came to an outcome, if not between rounds; where values are known, no way that
    was intended.
    """
    log, rounds = observation.execution.log, in_rounds(observation)
    if not observation.contents:
        return story_of(log, rounds=rounds)
    return story_of(log, partial(is_intended, observation), rounds)


class Unexplained(NamedTuple):
    """What an execution comes to is nothing that a serial one comes to."""

    nearest: Outcome
    differing: frozenset[Path]


def unexplained(observation: Observation, asked: Asked) -> Unexplained | None:
    """Say that no serial outcome explains that of an execution, if that can be said, and nothing
    else explains it.
    """
    outcome = observation.outcome
    if outcome is None or observation.failure is not None or asked.again is None:
        return None
    if _depends_on_waits(observation.execution) or observation.own_lines:
        return None  # by lines of the test that do not count it comes to what it likes
    nearest = asked.again.outcomes.unexplained(observation)
    if nearest is None or _is_explained(observation, asked):
        return None
    return Unexplained(nearest, frozenset(asked.again.outcomes.differing(outcome, nearest)))


def only_counts(outcome: Outcome | None, nearest: Outcome, differing: Iterable[Path]) -> bool:
    """Whether numbers that objects keep are all that differs: what has been done twice was counted
    twice.
    """
    return outcome is not None and all(
        path[0] == "state" and type(_at(each, path)) is int
        for path in differing
        for each in (outcome, nearest)
    )


def _at(outcome: Outcome, path: Path) -> object:
    value: object = outcome.state.get(path[1])
    for step in path[2:]:
        value = value.get(step) if type(value) is dict else None
    return value


def is_promised(
    observation: Observation,
    differing: Iterable[Path],
    locations: Iterable[str],
    events: Sequence[int],
) -> bool:
    """Whether the calls were meant to be one step each: somebody else is told what they came to, or
    the threads meet where no lock protects each access. An object that protects each of them and
    has another state in between has chosen where others may come in.
    """
    outcome = observation.outcome
    assert outcome is not None
    owners = {name.partition(".")[0] for name in locations}
    is_told = any(
        path[0] == "results" or _class_of(outcome.state[path[1]]) not in owners
        for path in differing
    )
    return is_told or not are_guarded(observation, events)


def _class_of(described: object) -> str:
    return str(described.get("class", "")) if isinstance(described, dict) else ""


def _depends_on_waits(execution: Execution) -> bool:
    """Whether a lock was tried, or a wait ran out: what comes of that is meant to differ."""
    waits: dict[int, Any] = {}
    for _, thread, _, resource, _, op in execution.noted:
        if op == WAIT:
            waits[thread] = resource
        if op == EXPIRE and waits.get(thread) != "sleep":
            return True
    return any(operation(event) == TRY for event in execution.log)


def _is_explained(observation: Observation, asked: Asked) -> bool:
    """Whether an update is lost in it: one that is found, or that is sure to be one. What ends
    alike explains nothing.
    """
    execution, contents, again = observation.execution, observation.contents, asked.again
    log = execution.log
    assert again is not None
    serials = partial(again.serials, execution.threads)
    return any(
        (found.flows and not (contents and loses_nothing(log, contents, found, serials)))
        or (site_number(log[found.read]), site_number(log[found.write])) in asked.known
        for found in lost_updates(log, execution.marks)
    )


def difference(outcome: Outcome, nearest: Outcome) -> str:
    """Show two outcomes as pytest shows what ought to be equal: ``-`` as expected, ``+`` as got,
    and a line around what differs.
    """
    before, here = (pformat(each.shown, width=80).splitlines() for each in (nearest, outcome))
    told = [line.rstrip() for line in ndiff(before, here)]
    differing = [index for index, line in enumerate(told) if not line.startswith("  ")]
    around = {each for at in differing for each in (at - 1, at, at + 1)}
    near = [index for index in range(len(told)) if index in around]
    rows = ["- one after another (the most similar), + here:"]
    for last, index in pairwise([-1, *near, len(told)]):
        rows += ["  ..."] if index - last > 1 else []
        rows += told[index : index + 1]
    return "\n".join(rows)


def in_short(outcome: Outcome, differing: frozenset[Path]) -> str:
    """Show what differs, as far as it fits into a sentence."""
    found = []
    for path in sorted(differing):
        value: object = outcome.results if path[0] == "results" else outcome.state[path[1]]
        steps: Sequence[str] = path[1:] if path[0] == "results" else path[2:]
        name = path[0] if path[0] == "results" else path[1]
        for step in steps:
            if type(value) is not dict or step not in value:
                break
            value, name = value[step], f"{name}.{step}"
        found.append(f"{name} = {_line(value)}")
    return ", ".join(dict.fromkeys(found))


def _line(value: object) -> str:
    text = " ".join(pformat(value, width=1000).split())
    return text if len(text) <= 80 else text[:77] + "..."
