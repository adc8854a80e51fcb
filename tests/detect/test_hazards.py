"""The list of detectors: who is asked, in which order, and what counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_concurrency import explore
from pytest_concurrency.detect import hazards
from pytest_concurrency.detect.detector import NOTHING_MORE, Again, Asked, Detector, Finding
from pytest_concurrency.detect.hazards import DETECTORS, WITHOUT_DETECTOR, look, warners
from pytest_concurrency.detect.observation import Failure, Leak, Observation
from pytest_concurrency.kinds import KINDS
from pytest_concurrency.model import Hazard, Site

FAILURE = Failure("it fails", exception="OSError", site=Site("test_it.py", 7))


def observed(failure: Failure | None = None, **facts: Any) -> Observation:
    defaults = dict.fromkeys(
        ("log", "noted", "marks", "leaks", "states", "unasked", "kept_locks"), ()
    )
    execution: Any = SimpleNamespace(**{"outcome": "", **defaults, **facts})
    return Observation(execution, failure)


@dataclass(frozen=True, slots=True, eq=False)
class Odd(Finding):
    number: int = 0

    @property
    def identity(self) -> tuple[str, int]:
        return (self.kind, self.number)

    def tell(self, again: Again | None) -> Hazard:
        return Hazard(self.kind, f"number {self.number}")


class Numbers(Detector):
    kinds = (KINDS["data-race"],)

    def findings(self, observation: Observation, asked: Asked) -> Iterator[Finding]:
        for number in (1, 2):
            yield Odd("data-race", observation, number)


@pytest.fixture
def numbers() -> Iterator[None]:
    added = Numbers()
    hazards.add_detector(added)
    yield
    DETECTORS.remove(added)


def test_each_kind_has_one_detector_or_a_reason() -> None:
    found = [kind.name for detector in DETECTORS for kind in detector.kinds]
    assert len(found) == len(set(found))
    assert set(found).isdisjoint(WITHOUT_DETECTOR)
    today = set(KINDS)
    assert {*found, *WITHOUT_DETECTOR} == today


@pytest.mark.parametrize(
    ("outcome", "kind"),
    [("deadlock", "deadlock"), ("step-limit", "no-progress"), ("timeout", "timeout")],
)
def test_how_an_execution_ended_comes_first(outcome: str, kind: str, numbers: None) -> None:
    finding = look(observed(outcome=outcome))
    assert finding is not None
    assert finding.kind == kind
    again = look(observed(outcome=outcome), Asked(known={finding.key}))
    assert again is not None
    assert again.kind == kind, "nothing else is claimed of what did not come to its end"


@pytest.mark.parametrize("outcome", ["too-long", "cut"])
def test_what_was_stopped_claims_nothing(outcome: str, numbers: None) -> None:
    assert look(observed(FAILURE, outcome=outcome)) is None


def test_the_first_finding_that_is_not_known_counts(numbers: None) -> None:
    known: set[object] = set()
    told = []
    while (finding := look(observed(FAILURE), Asked(known=known))) is not None:
        known.add(finding.key)
        told.append(finding.tell(None).message if isinstance(finding, Odd) else finding.kind)
    assert told == ["number 1", "number 2", "test-failure"]


def test_what_warns_neither_ends_a_search_nor_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    class Warns(Numbers):
        is_warning = True

    monkeypatch.setattr(hazards, "DETECTORS", [*DETECTORS, Warns()])
    found = explore(dict, [dict.copy, dict.copy], schedules=7)
    assert [(hazard.message, hazard.severity) for hazard in found.hazards] == [
        ("number 1", "warning"),
        ("number 2", "warning"),
    ]
    assert found.executions == 7 or found.exhausted


def warnings_of(observation: Observation) -> list[Finding]:
    return [each for one in warners() for each in one.findings(observation, NOTHING_MORE)]


def test_warnings_are_told_apart() -> None:
    leaks = [Leak(1, "one", ("a.py", 1, "f")), Leak(2, "two", ("a.py", 2, "f"))]
    left = observed(leaks=leaks)
    assert look(left) is None
    assert [finding.kind for finding in warnings_of(left)] == ["thread-leak"] * 2
    assert warnings_of(observed(FAILURE, leaks=leaks)) == []
