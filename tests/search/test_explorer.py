"""What a search notes down, and when a replay shows what it should."""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from programs import Counter

from pytest_concurrency.api import _run_once, instrumentation_for
from pytest_concurrency.detect.detector import Finding
from pytest_concurrency.detect.hazards import look
from pytest_concurrency.detect.observation import Observation
from pytest_concurrency.kinds import HazardKind
from pytest_concurrency.model import Site, ThreadState
from pytest_concurrency.search.bounded import search
from pytest_concurrency.search.execution.choices import Choices
from pytest_concurrency.search.execution.comparison import is_same
from pytest_concurrency.search.execution.engine import exploring
from pytest_concurrency.search.execution.learning import Learning
from pytest_concurrency.search.explorer import Explorer
from pytest_concurrency.search.strategies import make

OUTCOMES = {"deadlock": "deadlock", "no-progress": "step-limit", "timeout": "timeout"}


def given_up(kind: HazardKind, line: int) -> Finding:
    """An execution that was given up while thread 1 waited in this line."""
    site = Site("program.py", line, 0, "work", "")
    states = (ThreadState(1, "thread 1", "lock A.lock", (), site, (site,)),)
    execution: Any = SimpleNamespace(outcome=OUTCOMES[kind], states=states)
    found = look(Observation(execution))
    assert found is not None
    assert found.kind == kind
    return found


@pytest.mark.parametrize("kind", OUTCOMES)
def test_the_same_place(kind: HazardKind) -> None:
    assert is_same(given_up(kind, 5), given_up(kind, 5))


def test_a_deadlock_elsewhere_is_another_one() -> None:
    assert not is_same(given_up("deadlock", 6), given_up("deadlock", 5))


def test_an_endless_execution_may_be_cut_off_elsewhere() -> None:
    assert is_same(given_up("no-progress", 6), given_up("no-progress", 5))
    assert not is_same(given_up("deadlock", 5), given_up("no-progress", 5))


def test_shortening_does_not_slide_from_one_endless_execution_to_another() -> None:
    assert given_up("no-progress", 6).identity != given_up("no-progress", 5).identity


def test_each_interleaving_has_the_number_of_the_execution_that_was_the_first() -> None:
    learning = Learning()
    explorer = Explorer(
        partial(_run_once, Counter, (Counter.increment,) * 2, None),
        make("random", Choices(1), learning),
        learning,
        limit=1000,
        token=lambda execution: "",
        deadline=float("inf"),
    )
    with exploring(instrumentation_for([Counter]), 60):
        found = search(explorer, 40, more=None)
    numbers = list(found.interleavings.values())
    assert 3 < len(numbers) <= 6
    assert numbers[0] == 1
    assert numbers == sorted(set(numbers))
