"""The isolation verdict, case by case."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pytest_concurrency.kinds import HazardKind
from pytest_concurrency.model import Cell, CellResult, Hazard
from pytest_concurrency.stress.outside.touch import MET_IN_DATABASE, NOTHING_OUTSIDE, NOTHING_SEEN
from pytest_concurrency.stress.verdict import isolation_verdict

SERIAL = CellResult(Cell("serial"), "clean", schedules=2)


def cell(kind: Any, count: int, found: HazardKind | None = None, **more: Any) -> CellResult:
    processes = count if kind == "processes" else 1
    threads = 1 if kind == "processes" else count
    defaults: dict[str, Any] = {"schedules": 200 if kind == "explored" else 20}
    if kind == "processes":
        defaults["control"] = "clean"
    if found is not None:
        defaults["hazards"] = (Hazard(found, "it is bad"),)
    outcome = more.pop("outcome", "clean" if found is None else "hazard")
    return CellResult(Cell(kind, threads, processes), outcome, **(defaults | more))


EXPLORED = [cell("explored", 2), cell("explored", 4)]
FREE = [cell("free-running", 2), cell("free-running", 4)]
THREADS = [*EXPLORED, *FREE]
LOST = [cell("explored", 2, "lost-update"), *THREADS[1:]]
PROCESSES = [cell("processes", 2)]
NOT_SHARED = [
    cell("processes", 2, outcome="not-shared", control="not-shared", reason="its check looks away")
]
NOTHING = [cell("processes", 2, schedules=2, reason=NOTHING_OUTSIDE)]
BROKEN = [
    cell("processes", 2, outcome="fails", control="fails", schedules=0, reason="it fails even so")
]
FAILING = [cell("processes", 2, "test-failure")]
SKIPPED = [cell("processes", 2, outcome="skipped", schedules=0, reason="no fork here")]

CASES = {
    "hidden": (
        [*LOST, *PROCESSES],
        "hidden",
        "lost updates with 2 threads; 2 processes one after another and at once (20 runs) lose "
        "nothing",
    ),
    "hidden, nothing shared": (
        [*LOST, *NOT_SHARED],
        "hidden",
        "lost updates with 2 threads; with 2 processes its check looks away",
    ),
    "hidden, nothing outside": (
        [*LOST, *NOTHING],
        "hidden",
        "lost updates with 2 threads; it passes with 2 processes (2 runs), and nothing outside "
        "memory is touched: processes cannot meet",
    ),
    "hidden, with some thread cells skipped": (
        [LOST[0], cell("free-running", 4, outcome="skipped"), *PROCESSES],
        "hidden",
        "lost updates with 2 threads; 2 processes one after another and at once (20 runs) lose "
        "nothing",
    ),
    "several kinds and counts": (
        [cell("explored", 2, "deadlock"), cell("free-running", 4, "timeout"), *PROCESSES],
        "hidden",
        "a deadlock and hangs with 2 and 4 threads; 2 processes one after another and at once "
        "(20 runs) lose nothing",
    ),
    "persists": (
        [*LOST, *FAILING],
        "persists",
        "lost updates with 2 threads, and failures with 2 processes at once as well",
    ),
    "persists, with some process cells skipped": (
        [*LOST, *FAILING, cell("processes", 4, outcome="error")],
        "persists",
        "lost updates with 2 threads, and failures with 2 processes at once as well",
    ),
    "exposed": (
        [*THREADS, *FAILING],
        "exposed",
        "failures with 2 processes at once, none one after another; 400 sampled schedules and "
        "40 runs with 2 and 4 threads found nothing",
    ),
    "clean": (
        [*THREADS, *PROCESSES],
        "clean",
        "no hazard in 400 sampled schedules and 40 runs with 2 and 4 threads; 2 processes one "
        "after another and at once (20 runs) lose nothing",
    ),
    "clean, exhausted": (
        [
            cell("explored", 2, schedules=50, covered=42, exhausted=True),
            cell("free-running", 2, schedules=1),
            *PROCESSES,
        ],
        "clean",
        "no hazard in all 42 schedules and 1 run with 2 threads; 2 processes one after another "
        "and at once (20 runs) lose nothing",
    ),
    "clean, all interleavings": (
        [
            cell("explored", 2, schedules=70, covered=34, exhausted=True, reduced=True),
            cell("explored", 4, schedules=9, covered=6, exhausted=True),
            *PROCESSES,
        ],
        "clean",
        "no hazard in all 6 schedules and all 34 interleavings with 2 and 4 threads; 2 processes "
        "one after another and at once (20 runs) lose nothing",
    ),
    "clean, exhausted within a bound": (
        [
            cell("explored", 2, schedules=9, covered=6, exhausted=True, preemption_bound=1),
            *PROCESSES,
        ],
        "clean",
        "no hazard in 9 sampled schedules with 2 threads; 2 processes one after another and at "
        "once (20 runs) lose nothing",
    ),
    "clean, nothing outside": (
        [*THREADS, *NOTHING],
        "clean",
        "no hazard in 400 sampled schedules and 40 runs with 2 and 4 threads; it passes with 2 "
        "processes (2 runs), and nothing outside memory is touched: processes cannot meet",
    ),
    "clean, nothing seen outside": (
        [*THREADS, *NOTHING, cell("processes", 4, schedules=2, reason=NOTHING_SEEN)],
        "clean",
        "no hazard in 400 sampled schedules and 40 runs with 2 and 4 threads; it passes with 2 "
        "and 4 processes (4 runs), and nothing outside memory is touched by the code that is seen",
    ),
    "clean, in a database": (
        [*THREADS, cell("processes", 2, reason=MET_IN_DATABASE)],
        "clean",
        "no hazard in 400 sampled schedules and 40 runs with 2 and 4 threads; 2 processes one "
        "after another and at once (20 runs) lose nothing that the test asserts: what is lost in a "
        "database is seen only where the test asserts it",
    ),
    "clean, in a database, cut short": (
        [
            *THREADS,
            cell(
                "processes", 2, schedules=3, reason=f"{MET_IN_DATABASE}; time was up after 3 runs"
            ),
        ],
        "clean",
        "no hazard in 400 sampled schedules and 40 runs with 2 and 4 threads; 2 processes one "
        "after another and at once (3 runs) lose nothing that the test asserts: what is lost in a "
        "database is seen only where the test asserts it",
    ),
    "not shared": (
        [*THREADS, *NOT_SHARED],
        "not-shared",
        "with 2 processes its check looks away; no hazard in 400 sampled schedules and 40 runs "
        "with 2 and 4 threads",
    ),
    "breaks": (
        [*THREADS, *BROKEN],
        "breaks",
        "with 2 processes it fails even so; no hazard in 400 sampled schedules and 40 runs with "
        "2 and 4 threads",
    ),
    "breaks, but threads could not be done": (
        [cell("explored", 2, outcome="error", reason="broken"), *BROKEN],
        "inconclusive",
        "the cell explored 2T could not be done: broken",
    ),
    "persists: threads, and processes even one after another": (
        [*LOST, *BROKEN],
        "persists",
        "lost updates with 2 threads; with 2 processes it fails even so",
    ),
    "processes skipped beside a hazard": (
        [*LOST, *SKIPPED],
        "inconclusive",
        "lost updates with 2 threads; the cell processes 2P was skipped: no fork here",
    ),
    "threads could not be done beside a hazard of processes": (
        [cell("explored", 2, outcome="error", reason="broken"), *FAILING],
        "inconclusive",
        "failures with 2 processes; the cell explored 2T could not be done: broken",
    ),
    "a thread cell skipped, the rest clean": (
        [cell("explored", 2), cell("free-running", 2, outcome="skipped"), *PROCESSES],
        "inconclusive",
        "the cell free 2T was skipped",
    ),
    "nothing ran in a clean cell": (
        [cell("explored", 2, schedules=0), *PROCESSES],
        "inconclusive",
        "the cell explored 2T ran nothing",
    ),
    "no process cell": (
        LOST,
        "inconclusive",
        "lost updates with 2 threads; there is no cell with processes to compare with",
    ),
    "no thread cell": (
        FAILING,
        "inconclusive",
        "failures with 2 processes; there is no cell with threads to compare with",
    ),
    "fails serially": (
        [cell("serial", 1, "test-failure"), *LOST, *PROCESSES],
        "inconclusive",
        "it fails without concurrency",
    ),
}


@pytest.mark.parametrize(("results", "verdict", "reason"), CASES.values(), ids=CASES)
def test_verdict(results: list[CellResult], verdict: str, reason: str) -> None:
    for order in ([SERIAL, *results], [*results[::-1], SERIAL]):
        found = isolation_verdict(order)
        assert found.verdict == verdict
        if order[0] is SERIAL:
            assert found.reason == reason


@pytest.mark.parametrize(
    ("schedules", "exhausted", "verdict"),
    [
        (2, False, "inconclusive"),
        (19, False, "inconclusive"),
        (20, False, "clean"),
        (2, True, "clean"),
    ],
)
def test_less_than_a_tenth_is_not_clean(schedules: int, exhausted: bool, verdict: str) -> None:
    few = cell(
        "explored", 2, schedules=schedules, planned=200, exhausted=exhausted, covered=schedules
    )
    found = isolation_verdict([SERIAL, few, *FREE, *PROCESSES])
    assert found.verdict == verdict
    if verdict == "inconclusive":
        assert found.reason == f"the cell {few.cell.label} ran only {schedules} of 200 schedules"


def test_nothing_ran() -> None:
    assert isolation_verdict([]).verdict == "inconclusive"
    assert isolation_verdict([SERIAL]).verdict == "inconclusive"


def by(method: Any, results: list[CellResult]) -> list[CellResult]:
    return [replace(each, cell=replace(each.cell, start_method=method)) for each in results]


@pytest.mark.parametrize(
    ("processes", "verdict", "ending"),
    [
        ([*by("fork", PROCESSES), *by("spawn", SKIPPED)], "clean", "fork clean, spawn not tried"),
        ([*by("fork", BROKEN), *by("spawn", PROCESSES)], "breaks", "fork fails, spawn clean"),
        ([*by("fork", FAILING), *by("spawn", PROCESSES)], "exposed", "fork hazard, spawn clean"),
        (
            [*by("fork", SKIPPED), *by("spawn", SKIPPED)],
            "inconclusive",
            "",
        ),
        (
            [*by("fork", FAILING), *by("fork", SKIPPED), *by("spawn", SKIPPED)],
            "exposed",
            "fork hazard and skipped, spawn not tried",
        ),
    ],
)
def test_start_methods_side_by_side(processes: list[CellResult], verdict: str, ending: str) -> None:
    found = isolation_verdict([SERIAL, *THREADS, *processes])
    assert found.verdict == verdict
    assert found.reason.partition("; by start method: ")[2] == ending


def test_another_start_method_than_fork_is_named() -> None:
    reason = isolation_verdict([SERIAL, *THREADS, *by("spawn", FAILING)]).reason
    assert reason.startswith("failures with 2 processes (spawn) at once")
    assert isolation_verdict([SERIAL, *THREADS, *by("fork", FAILING)]) == isolation_verdict(
        [SERIAL, *THREADS, *FAILING]
    )
