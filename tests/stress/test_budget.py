"""How the time of a test is shared, and that no run takes more."""

from __future__ import annotations

import random
import time
from types import SimpleNamespace

import pytest

from pytest_concurrency.model import Cell, CellResult, Settings
from pytest_concurrency.stress import budget
from pytest_concurrency.stress.budget import MOST_OVERRUN_SECONDS, Budget, cut_at
from pytest_concurrency.stress.cells.serial import SerialFacts
from pytest_concurrency.stress.item.outcomes import CopyOutcome
from pytest_concurrency.stress.processes.process_cell import CONTROLS, process_cell
from pytest_concurrency.stress.processes.process_run import ProcessOutcome
from pytest_concurrency.stress.processes.turns import Way

EXPLORED = Cell("explored", threads=2)
FREE_RUNNING = Cell("free-running", threads=2)
PROCESSES = Cell("processes", processes=2)
NOW = 1000.0


def seconds_of(cells: list[Cell], *, serial: float) -> float:
    """What the first one of these cells gets of a minute."""
    facts = SerialFacts(CellResult(Cell("serial"), "clean"), seconds=serial)
    return Budget(Settings(), NOW + 60).end_of(cells, facts) - NOW


@pytest.fixture
def still_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "time", SimpleNamespace(monotonic=lambda: NOW))


@pytest.fixture
def gil(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "gil_enabled", lambda: request.param)


@pytest.mark.parametrize("gil", [True], indirect=True)
def test_cells_have_equal_shares(gil: None, still_clock: None) -> None:
    assert seconds_of([EXPLORED, FREE_RUNNING], serial=9) == 30
    assert Budget(Settings(), 0.0).runs(FREE_RUNNING, 20) == 20


@pytest.mark.parametrize("gil", [False], indirect=True)
def test_without_the_gil_runs_at_full_speed_have_more(gil: None, still_clock: None) -> None:
    assert seconds_of([EXPLORED, FREE_RUNNING], serial=9) == 15
    assert seconds_of([FREE_RUNNING, PROCESSES], serial=9) == 45
    assert Budget(Settings(), 0.0).runs(FREE_RUNNING, 20) == 60
    assert Budget(Settings(), 0.0).runs(PROCESSES, 20) == 20


def test_a_run_at_full_speed_needs_no_more_than_its_runs(still_clock: None) -> None:
    assert seconds_of([PROCESSES, EXPLORED], serial=0.001) < 6


def test_the_time_is_overrun_by_little(still_clock: None) -> None:
    assert cut_at(NOW + 9) == NOW + 9 + MOST_OVERRUN_SECONDS
    assert cut_at(NOW - 9) == NOW + MOST_OVERRUN_SECONDS


HANGS = CopyOutcome(0, "timeout")


@pytest.mark.parametrize(
    ("outcome", "is_given_up"),
    [
        (ProcessOutcome(CopyOutcome(0)), False),
        (ProcessOutcome(CopyOutcome(0, "failed", "AssertionError")), False),
        (ProcessOutcome(CopyOutcome(0), (CopyOutcome(0), HANGS)), True),
        (ProcessOutcome(CopyOutcome(0, "failed"), given_up="GivenUpWaiting"), True),
    ],
)
def test_what_was_given_up_in_processes(outcome: ProcessOutcome, is_given_up: bool) -> None:
    assert outcome.is_given_up == is_given_up


@pytest.mark.parametrize(("fitting", "outcome", "done"), [(0, "skipped", 0), (1, "skipped", 0)])
def test_a_control_for_which_time_is_up_claims_nothing(
    fitting: int, outcome: str, done: int
) -> None:
    result = process_cell(
        runs_that_fit(fitting), PROCESSES, Settings(), deadline=later(), rng=random.Random(1)
    )
    assert (result.outcome, result.schedules, result.hazards) == (outcome, done, ())
    assert result.reason == "no time was left"


def test_a_run_in_processes_that_was_cut_off_does_not_count() -> None:
    result = process_cell(
        runs_that_fit(CONTROLS + 1), PROCESSES, Settings(), deadline=later(), rng=random.Random(1)
    )
    assert (result.outcome, result.schedules, result.hazards) == ("clean", 1, ())
    assert "time was up after 1 of " in result.reason


def later() -> float:
    return time.monotonic() + 60


def runs_that_fit(count: int):  # type: ignore[no-untyped-def]
    """Return what runs so often, and is cut off then."""
    left = iter(range(count))

    def run_once(way: Way, /, *, watched: bool) -> ProcessOutcome | None:
        return ProcessOutcome(CopyOutcome(0)) if next(left, None) is not None else None

    return run_once
