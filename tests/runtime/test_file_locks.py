"""Locks on files: who waits for one lets others go on, without the watchdog."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from pytest_concurrency import explore
from pytest_concurrency.runtime.scheduler.baton import Baton

fcntl = pytest.importorskip("fcntl")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")


@pytest.fixture(autouse=True)
def taken_away(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Note each thread that the watchdog takes the baton from."""
    taken: list[object] = []
    take_away = Baton.take_away

    def note(self: Baton, task: object) -> None:
        taken.append(task)
        take_away(self, task)  # type: ignore[arg-type]

    monkeypatch.setattr(Baton, "take_away", note)
    return taken


class Counter:
    def __init__(self, folder: Path, *locks: str) -> None:
        self.paths = [folder / name for name in locks]
        self.value = 0

    def add(self, *order: int) -> None:
        with ExitStack() as opened:
            for number in order:
                file = opened.enter_context(self.paths[number].open("w"))
                fcntl.flock(file, fcntl.LOCK_EX)
            seen = self.value
            self.value = seen + 1


def adding(*order: int) -> Callable[[Counter], None]:
    return lambda counter: counter.add(*order)


def test_who_waits_is_not_out_of_sight(tmp_path: Path, taken_away: list[object]) -> None:
    def check(counter: Counter) -> None:
        assert counter.value == 2

    found = explore(lambda: Counter(tmp_path, "lock"), [adding(0), adding(0)], check, schedules=100)
    assert not found.hazards
    assert taken_away == []


def test_opposite_orders_are_a_deadlock(tmp_path: Path, taken_away: list[object]) -> None:
    found = explore(
        lambda: Counter(tmp_path, "a", "b"), [adding(0, 1), adding(1, 0)], schedules=200
    )
    assert "deadlock" in {hazard.kind for hazard in found.hazards}
    assert taken_away == []


def test_unlocking_lets_who_waits_go_on(tmp_path: Path, taken_away: list[object]) -> None:
    def work(counter: Counter) -> None:
        with counter.paths[0].open("w") as file:
            for _ in range(2):
                fcntl.flock(file, fcntl.LOCK_EX)
                seen = counter.value
                counter.value = seen + 1
                fcntl.flock(file, fcntl.LOCK_UN)

    def check(counter: Counter) -> None:
        assert counter.value == 4

    assert not explore(
        lambda: Counter(tmp_path, "lock"), [work, work], check, schedules=100
    ).hazards
    assert taken_away == []


def test_a_lock_that_does_not_exclude_threads(tmp_path: Path) -> None:
    def work(counter: Counter) -> None:
        with counter.paths[0].open("w") as file:
            fcntl.lockf(file, fcntl.LOCK_EX)  # belongs to the process
            seen = counter.value
            counter.value = seen + 1

    found = explore(lambda: Counter(tmp_path, "lock"), [work, work], schedules=100)
    assert "lost-update" in {hazard.kind for hazard in found.hazards}
