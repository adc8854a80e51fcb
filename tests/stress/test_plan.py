"""Which cells are not run, and what has to be known for that."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pytest_concurrency.model import Cell, CellResult, Hazard, Settings
from pytest_concurrency.stress.cells.serial import SerialFacts
from pytest_concurrency.stress.plan import (
    RUNS_WITHOUT_MEETING,
    Need,
    by_default,
    is_by_default,
    is_complete,
    plan,
    without_default,
)
from pytest_concurrency.stress.unchecked import is_error, is_error_with_gil

SERIAL = CellResult(Cell("serial"), "clean", 2, 2)
CALM = CellResult(
    Cell("explored", threads=2), "clean", 22, 200, exhausted=True, covered=2, shares_nothing=True
)
BUSY = replace(CALM, shares_nothing=False)
HAZARD = Hazard("lost-update", "lost")
FOUND = replace(BUSY, outcome="hazard", hazards=(HAZARD,))


def need(
    shape: str = "copies", fixtures: tuple[str, ...] = (), *, sees_all: bool = True, **more: object
) -> Need:
    facts = SerialFacts(SERIAL, shape)  # type: ignore[arg-type]
    return Need(facts, frozenset(fixtures), sees_all, **{"counts": is_error} | more)  # type: ignore[arg-type]


def not_run(needed: Need, *results: CellResult, has_failed: bool = False) -> list[str]:
    done = {each.cell for each in results}
    left = [each for each in plan(Settings(processes=(2, 4))) if each not in done]
    left = [cell for cell in left if not needed.leaves_out(cell, results)]
    told = [needed.not_needed(cell, results, has_failed=has_failed) for cell in left]
    return [each.cell.label for each in told if each is not None]


def test_everything_is_run_as_long_as_nothing_is_known() -> None:
    assert not_run(need()) == not_run(need(), SERIAL) == []
    assert need().runs(20, [SERIAL]) == 20


def test_threads_that_share_nothing_need_no_more_of_them() -> None:
    assert not_run(need(), SERIAL, CALM) == ["explored 4T", "free 4T"]
    assert need().runs(20, [SERIAL, CALM]) == RUNS_WITHOUT_MEETING
    assert need().runs(3, [SERIAL, CALM]) == 3


@pytest.mark.parametrize(
    "needed",
    [
        need(sees_all=False),
        need("callables"),
        need(fixtures=("thread_index",)),
        need(fixtures=("thread_count",)),
        need(fixtures=("concurrency",)),
        need(fixtures=("request",)),
    ],
    ids=["unseen code", "callables", "index", "count", "concurrency", "request"],
)
def test_what_is_not_known_saves_nothing(needed: Need) -> None:
    assert not_run(needed, SERIAL, CALM) == []
    assert needed.runs(20, [SERIAL, CALM]) == 20


@pytest.mark.parametrize(
    "result",
    [
        BUSY,
        replace(CALM, exhausted=False),
        replace(CALM, preemption_bound=2),
        replace(CALM, outcome="skipped"),
        replace(CALM, hazards=(replace(HAZARD, severity="warning"),)),
    ],
    ids=["shares something", "sampled", "bounded", "skipped", "warned"],
)
def test_a_cell_that_does_not_show_it_saves_nothing(result: CellResult) -> None:
    assert not_run(need(), SERIAL, result) == []
    assert need().runs(20, [SERIAL, result]) == 20


def test_a_test_that_starts_its_threads_is_the_same_whatever_the_cell_says() -> None:
    needed = need("own-threads")
    assert not_run(needed, SERIAL, BUSY) == ["explored 4T"]
    told = needed.not_needed(Cell("explored", threads=4), [BUSY])
    assert told is not None
    assert told.is_same
    assert not_run(needed, SERIAL, replace(BUSY, exhausted=False)) == []
    assert not_run(need("own-threads", ("thread_count",)), SERIAL, BUSY) == []
    assert not_run(need("own-threads", sees_all=False), SERIAL, BUSY) == []


def test_a_hazard_is_not_shown_again_at_full_speed() -> None:
    # More threads may show another one, and processes are the other side of the verdict.
    assert not_run(need(sees_all=False), SERIAL, FOUND) == ["free 2T", "free 4T"]
    assert not_run(need(), SERIAL, CellResult(Cell("free-running", threads=2), "clean")) == []
    told = need().not_needed(Cell("free-running", threads=4), [FOUND])
    assert told is not None
    assert told.reason == (
        "explored 2T found a hazard: runs at full speed could only show it again"
    )
    assert not told.is_same


FORKED = Hazard("fork-hazard", "the offset of a file", severity="warning")
FORKS = Cell("processes", processes=2, start_method="fork")
MET = CellResult(FORKS, "clean", 20, 20, control="clean", meets=True)


@pytest.mark.parametrize(
    ("result", "more", "expected"),
    [
        (MET, {}, []),
        (replace(MET, hazards=(FORKED,)), {}, ["explored 2P"]),
        (replace(MET, hazards=(replace(FORKED, severity="note"),)), {}, []),
        (MET, {"forks": False}, ["explored 2P", "explored 4P"]),
    ],
    ids=["they meet", "inherited", "noted", "spawned"],
)
def test_schedules_of_processes_are_searched_where_they_meet(
    result: CellResult, more: dict[str, object], expected: list[str]
) -> None:
    assert not_run(need(**more), SERIAL, result) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "result",
    [replace(MET, meets=False), replace(MET, outcome="fails", control="fails")],
    ids=["they do not meet", "not one after another"],
)
def test_processes_that_do_not_meet_have_no_such_cell(result: CellResult) -> None:
    explored = replace(FORKS, kind="explored-processes")
    assert need().leaves_out(explored, [SERIAL, result])
    assert not need().leaves_out(replace(explored, processes=4), [SERIAL, result])
    assert not need().leaves_out(explored, [SERIAL, MET])
    assert not need().leaves_out(MET.cell, [SERIAL, result])


SERVED = replace(FORKS, start_method="forkserver")
BY_DEFAULT = Settings(by_default="forkserver")


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (BY_DEFAULT, [SERVED]),
        (replace(BY_DEFAULT, start_method=("fork", "forkserver")), []),
        (replace(BY_DEFAULT, processes=(1,)), []),
        (replace(BY_DEFAULT, runs=0), []),
        (Settings(), []),
    ],
    ids=["by default", "asked for", "one process", "no runs", "forked by default"],
)
def test_processes_are_started_by_default_after_all_others(
    settings: Settings, expected: list[Cell]
) -> None:
    cells = plan(settings)
    assert [each for each in cells if is_by_default(settings, each.start_method)] == expected
    assert [*cells[-1:]] == expected or not expected


@pytest.mark.parametrize(
    ("result", "shape", "is_left_out"),
    [
        (MET, "callables", False),
        (replace(MET, outcome="fails", control="fails", meets=False), "callables", False),
        (replace(MET, meets=False), "callables", True),
        (MET, "own-threads", True),
        (replace(MET, notes=(f"{by_default('forkserver')}, ...",)), "callables", True),
    ],
    ids=["they meet", "not well", "they do not meet", "threads", "told already"],
)
def test_processes_are_started_by_default_where_it_is_worth_it(
    result: CellResult, shape: Any, *, is_left_out: bool
) -> None:
    wanted = replace(need(), facts=replace(need().facts, shape=shape), settings=BY_DEFAULT)
    assert wanted.leaves_out(SERVED, [SERIAL, result]) == is_left_out
    assert wanted.leaves_out(SERVED, [SERIAL])


SAME = CellResult(SERVED, "clean", 4, 4, control="clean")
FAILS = replace(SAME, outcome="fails", control="fails", reason="it fails even one after another")
REFUSED = replace(
    SAME, outcome="skipped", reason="2 of 2: cannot be run in a process started with forkserver: no"
)


def test_processes_that_nobody_asked_for_make_a_row_or_a_note() -> None:
    assert without_default([SERIAL, MET], SAME) == [SERIAL, MET, SAME]
    for result, told in ((FAILS, f": {FAILS.reason}"), (REFUSED, ", could not be tried: no")):
        expected = replace(MET, notes=(f"{by_default('forkserver')}{told}",))
        assert without_default([SERIAL, MET], result) == [SERIAL, expected]


def test_one_process_has_one_schedule() -> None:
    cells = plan(Settings(processes=(1, 3)))
    assert [cell.label for cell in cells if cell.in_processes] == [
        "processes 1P",
        "processes 3P",
        "explored 3P",
    ]


@pytest.mark.parametrize("severity", ["warning", "note"])
def test_what_fails_no_test_keeps_nothing_from_being_run(severity: str) -> None:
    noted = replace(HAZARD, severity=severity)  # type: ignore[arg-type]
    assert not_run(need(), SERIAL, replace(FOUND, hazards=(noted,))) == []


def test_what_needs_free_threaded_python_counts_unless_it_is_set_aside() -> None:
    aside = replace(FOUND, hazards=(replace(HAZARD, gil="free-threaded-only"),))
    assert not_run(need(), SERIAL, aside) != []
    assert not_run(need(counts=is_error_with_gil), SERIAL, aside) == []
    assert not_run(need(counts=is_error_with_gil), SERIAL, FOUND) != []


def test_what_failed_in_an_earlier_run_is_tried_again() -> None:
    assert not_run(need(), SERIAL, CALM, has_failed=True) == []
    assert not_run(need("own-threads"), SERIAL, BUSY, has_failed=True) == []
    assert not_run(need(), SERIAL, FOUND, has_failed=True) != []  # and will be the next time


def test_complete_is_what_was_run_without_a_gap_and_found_nothing() -> None:
    assert is_complete(CALM)
    assert is_complete(BUSY)
    assert not is_complete(FOUND)
    assert not is_complete(SERIAL)
