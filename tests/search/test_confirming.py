"""When a replay shows what it should: the same hazard, at the same places."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from pytest_concurrency.model import HazardKind, Site, ThreadState
from pytest_concurrency.search.explorer import Observation, Suspect, _is_same

OUTCOMES = {"deadlock": "deadlock", "no-progress": "step-limit", "timeout": "timeout"}


def given_up(kind: HazardKind, line: int) -> Suspect:
    """An execution that was given up while thread 1 waited in this line."""
    site = Site("program.py", line, 0, "work", "")
    states = (ThreadState(1, "thread 1", "lock A.lock", (), site, (site,)),)
    execution: Any = SimpleNamespace(outcome=OUTCOMES[kind], states=states)
    return Suspect(kind, Observation(execution))


@pytest.mark.parametrize("kind", OUTCOMES)
def test_the_same_place(kind: HazardKind) -> None:
    assert _is_same(given_up(kind, 5), given_up(kind, 5))


def test_a_deadlock_elsewhere_is_another_one() -> None:
    assert not _is_same(given_up("deadlock", 6), given_up("deadlock", 5))


def test_an_endless_execution_may_be_cut_off_elsewhere() -> None:
    assert _is_same(given_up("no-progress", 6), given_up("no-progress", 5))
    assert not _is_same(given_up("deadlock", 5), given_up("no-progress", 5))


def test_shortening_does_not_slide_from_one_endless_execution_to_another() -> None:
    assert given_up("no-progress", 6).identity != given_up("no-progress", 5).identity
