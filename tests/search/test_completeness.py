"""What a search does not claim, although it has run all its schedules."""

from __future__ import annotations

from pathlib import Path

import pytest
from loading import load_module

from pytest_concurrency import explore
from pytest_concurrency.search.execution import completeness
from pytest_concurrency.search.strategies import auto

FLAGGED = Path(__file__).parent.parent / "corpus" / "flagged"
CLEAN = Path(__file__).parent.parent / "corpus" / "clean"


@pytest.mark.parametrize("name", ["weak_reference_called_twice", "weak_registry"])
def test_nothing_is_complete_where_objects_die_late(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = load_module(name, FLAGGED / f"{name}.py")

    def all_of_it() -> tuple[bool, bool]:
        workers = program.WORKERS
        found = explore(program.setup, workers, schedules=500, stop_at_first=False)
        return found.exhausted, found.covered is not None

    monkeypatch.setattr(completeness, "DIES_LATE", False)
    assert all_of_it() == (True, True)
    monkeypatch.setattr(completeness, "DIES_LATE", True)
    assert all_of_it() == (False, False)


def test_others_are_complete_there_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(completeness, "DIES_LATE", True)
    program = load_module("try_lock_keeps_work", CLEAN / "try_lock_keeps_work.py")
    assert explore(program.setup, program.WORKERS, schedules=500).exhausted


def test_late_conflicts_are_noticed() -> None:
    """A location that becomes contended only in a rare schedule counts in every one."""
    seen = set()

    class Late:
        def __init__(self) -> None:
            self.a = self.b = 0
            self.told = 0

        def one(self) -> None:
            self.a += 1
            self.b += 1
            self.told = 1
            self.told = 2

        def two(self) -> None:
            if self.a and not self.b:
                seen.add(self.told)

    found = explore(Late, [Late.one, Late.two], strategy="systematic", stop_at_first=False)
    assert found.exhausted
    assert seen == {0, 1, 2}


class Loops:
    """Each thread goes through a loop of its own before and after it writes what both write."""

    def __init__(self) -> None:
        self.last = 0

    def run(self, length: int) -> None:
        own = Own()
        for _ in range(length):
            own.number += 1
        self.last = 1
        for _ in range(length):
            own.number += 1


class Own:
    number = 0


@pytest.mark.parametrize("length", [10, 1500])
def test_long_loops_that_wait_for_nobody_are_no_choices(length: int) -> None:
    workers = [lambda loops: loops.run(length)] * 2
    found = explore(Loops, workers, schedules=100, strategy="systematic")
    assert found.covered is not None
    assert (found.exhausted, found.covered.schedules) == (True, 2)
    assert explore(Loops, workers, schedules=100).exhausted


def test_long_executions_end_with_fewer_walks(monkeypatch: pytest.MonkeyPatch) -> None:
    def executions() -> int:
        found = explore(Loops, [lambda loops: loops.run(10)] * 2, schedules=100)
        assert found.exhausted
        return found.executions

    short = executions()
    monkeypatch.setattr(auto, "_LAST_POINTS", 1)
    assert executions() == short - auto._LAST + auto._FEWEST
