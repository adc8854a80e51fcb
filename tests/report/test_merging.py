"""One report of several: read back, merged, told."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_samples import DEADLOCK, LOST_UPDATE, patient, report, reports, session

from pytest_concurrency.__main__ import main
from pytest_concurrency.merging.cells import merged_cell
from pytest_concurrency.merging.reports import merged_reports, merged_session
from pytest_concurrency.model import (
    Cell,
    CellResult,
    Hazard,
    NotRun,
    Settings,
    StressReport,
    Verdict,
)
from pytest_concurrency.report.json import Session, build_document
from pytest_concurrency.report.reading import Read, read
from pytest_concurrency.settings.shards import seed_of, share_of

EXPLORED = Cell("explored", threads=2)


def shard(number: int, *given: StressReport, of: int = 2, **more: Any) -> Read:
    return Read(f"{number}.json", Session(shards=(number,), of=of, **more), given)


def share(*hazards: Hazard, **more: Any) -> CellResult:
    outcome = "hazard" if hazards else "clean"
    defaults: dict[str, Any] = {"schedules": 100, "planned": 100, "hazards": hazards}
    return CellResult(EXPLORED, outcome, **defaults | more)


def written(path: Path, session_: Session, *given: StressReport) -> str:
    path.write_text(json.dumps(build_document(session(*given), session_)))
    return str(path)


# -- read back ------------------------------------------------------------------------------------


@patient
@given(st.lists(reports, max_size=2, unique_by=lambda each: each.nodeid))
def test_what_is_read_is_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, some: list[StressReport]
) -> None:
    path = tmp_path_factory.mktemp("read") / "a.json"
    told = Session("7", shards=(2, 3), of=5)
    found = read(written(path, told, *some))
    assert found.session == told
    assert found.reports == tuple(map(_as_in_a_document, some))


def _as_in_a_document(report: StressReport) -> StressReport:
    """Without what only its own session has use for; hazards know their cell."""
    cells = []
    for index, result in enumerate(report.cells):
        hazards = tuple(
            replace(
                hazard, cell=index, states=tuple(replace(each, awaits="") for each in hazard.states)
            )
            for hazard in result.hazards
        )
        cells.append(replace(result, hazards=hazards, costs=None))
    return replace(report, cells=tuple(cells), uninstrumented=(), problems=(), selector="")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("nonsense", "not JSON; expected what --concurrency-json has written"),
        ("[]", "not a report of pytest-concurrency, which --concurrency-json writes"),
        (
            '{"tool": "pytest"}',
            "not a report of pytest-concurrency, which --concurrency-json writes",
        ),
        (
            '{"tool": {"name": "pytest-concurrency"}, "schema_version": 1}',
            "schema version 1, expected 2",
        ),
        (
            '{"tool": {"name": "pytest-concurrency"}, "schema_version": 2}',
            "damaged (KeyError: 'shards')",
        ),
    ],
)
def test_what_is_no_report_is_refused_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, why: str
) -> None:
    path = tmp_path / "a.json"
    path.write_text(text)
    assert main(["merge", str(path)]) == 2
    assert capsys.readouterr().err == f"pytest-concurrency merge: {path}: {why}\n"


# -- cells ----------------------------------------------------------------------------------------


def test_schedules_add_up_and_are_numbered_through() -> None:
    late = replace(DEADLOCK, schedule_index=9)
    merged = merged_cell([share(distinct=7), share(late, distinct=5, seconds=1.0)])
    assert (merged.outcome, merged.schedules, merged.planned) == ("hazard", 200, 200)
    assert merged.distinct == 7  # how many of the others' are the same nobody knows
    assert [(each.kind, each.schedule_index) for each in merged.hazards] == [("deadlock", 109)]


def test_a_hazard_of_two_shares_is_one() -> None:
    merged = merged_cell([share(LOST_UPDATE, DEADLOCK), share(replace(LOST_UPDATE, replay="c1z"))])
    assert [each.kind for each in merged.hazards] == ["deadlock", "lost-update"]
    assert merged.hazards[1].replay == LOST_UPDATE.replay


def test_every_interleaving_is_that_of_one_share() -> None:
    complete = share(exhausted=True, covered=34, reduced=True, shares_nothing=True)
    for shares in ([complete, share()], [share(), complete]):
        merged = merged_cell(shares)
        assert (merged.exhausted, merged.covered, merged.reduced) == (True, 34, True)
        assert merged.shares_nothing
    part = share(covered=24, preemption_bound=2)
    assert not merged_cell([part, part]).exhausted
    assert merged_cell([part, part]).coverage == "all 24 schedules with at most 2 preemptions"


def test_what_found_something_shares_something() -> None:
    calm = share(exhausted=True, shares_nothing=True)
    assert not merged_cell([calm, share(LOST_UPDATE)]).shares_nothing


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        (["clean", "skipped"], "clean"),
        (["clean", "error"], "error"),
        (["error", "hazard"], "hazard"),
        (["clean", "fails"], "fails"),
    ],
)
def test_what_one_share_shows_holds(outcomes: list[Any], expected: str) -> None:
    for order in (outcomes, outcomes[::-1]):
        shares = [CellResult(EXPLORED, each, reason=f"why {each}") for each in order]
        merged = merged_cell(shares)
        assert (merged.outcome, merged.reason) == (expected, f"why {expected}")


# -- tests ----------------------------------------------------------------------------------------


def test_the_verdict_is_that_of_all_shares() -> None:
    calm, found = report(), report(LOST_UPDATE)
    (merged,) = merged_reports([shard(2, found), shard(1, calm)])
    assert (merged.outcome, merged.isolation.verdict) == ("failed", "hidden")
    assert merged.isolation.reason.startswith("lost updates with 2 threads")
    assert [each.cell for each in merged.hazards] == [1]
    assert merged.problems == ()


def test_what_one_share_has_run_was_run() -> None:
    left = NotRun(EXPLORED, "because")
    without = replace(report(), cells=report().cells[:1], not_run=(left,))
    (merged,) = merged_reports([shard(1, without), shard(2, report())])
    assert merged.not_run == ()
    (merged,) = merged_reports([shard(1, without), shard(2, without)])
    assert merged.not_run == (left,)


def test_who_was_not_stressed_in_one_share_is_judged_by_the_other() -> None:
    skipped = StressReport(report().nodeid, True, "skipped", reason="why")
    (merged,) = merged_reports([shard(1, skipped), shard(2, report())])
    assert (merged.outcome, merged.reason, len(merged.cells)) == ("passed", "", 4)
    (merged,) = merged_reports([shard(1, skipped), shard(2, skipped)])
    assert (merged.outcome, merged.reason) == ("skipped", "why")
    assert merged.isolation == Verdict("inconclusive", "it was not stressed")


def test_a_share_that_is_missing_is_named() -> None:
    (merged,) = merged_reports([shard(1, report(), of=4), shard(3, report(), of=4)])
    assert merged.problems == ("shards 2, 4 of 4 missing",)
    assert merged_session([shard(1, of=4), shard(3, of=4)]).shards == (1, 3)


def test_tests_of_different_runs_stand_side_by_side() -> None:
    other = report(nodeid="tests/test_other.py::test_x")
    merged = merged_reports([shard(1, report(), of=1), shard(1, other, of=1)])
    assert [each.nodeid for each in merged] == [report().nodeid, other.nodeid]


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (shard(1, report()), "1.json and 1.json: both have shard 1/2 of tests/test_counter.py::"),
        (shard(2, report(), of=3), "2.json: number of shards 3, 1.json has 2"),
        (shard(2, python="3.15.0"), "2.json: Python '3.15.0', 1.json has"),
        (shard(2, seed="8"), "2.json: seed '8', 1.json has ''"),
        (shard(2, version="9"), "2.json: version of the plugin '9', 1.json has"),
    ],
)
def test_what_does_not_belong_together_is_refused(other: Read, why: str) -> None:
    first = shard(1, report())
    with pytest.raises(ValueError, match="json") as caught:
        merged_reports([first, other] if merged_session([first, other]) else [])
    assert str(caught.value).startswith(why)


def test_two_whole_runs_are_not_added_up() -> None:
    with pytest.raises(ValueError, match=r"both have a whole run of tests/test_counter\.py::"):
        merged_reports([shard(1, report(), of=1), shard(1, report(), of=1)])


# -- the command ----------------------------------------------------------------------------------


def test_the_command_tells_what_all_have_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [
        written(tmp_path / f"{number}.json", Session(shards=(number,), of=2), given)
        for number, given in ((1, report()), (2, report(LOST_UPDATE)))
    ]
    merged = tmp_path / "merged.json"
    assert main(["merge", *names, "-o", str(merged)]) == 1
    told = capsys.readouterr().out
    assert " tests/test_counter.py::test_increment " in told.splitlines()[0]
    assert "cause 1: lost update on Counter.value" in told
    assert told.splitlines()[-1].startswith("1 test stressed: 1 cause in 1 test")
    assert read(str(merged)).session.shards == (1, 2)
    assert main(["merge", str(merged)]) == 1


def test_the_command_succeeds_where_nothing_counts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = written(tmp_path / "1.json", Session(), report(LOST_UPDATE, gated=False))
    assert main(["merge", name]) == 0
    assert "[does not fail the run]" in " ".join(capsys.readouterr().out.split())


def test_strict_fails_what_could_not_be_judged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    skipped = StressReport("a.py::test_x", True, "skipped", reason="why")
    name = written(tmp_path / "1.json", Session(), skipped)
    assert (main(["merge", name]), main(["merge", "--strict", name])) == (0, 1)
    assert "could not be judged: a.py::test_x: why" in capsys.readouterr().out


def test_a_file_that_cannot_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = written(tmp_path / "1.json", Session(), report())
    assert main(["merge", name, "-o", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith(f"pytest-concurrency merge: {tmp_path}: ")


# -- shares ---------------------------------------------------------------------------------------


@given(st.integers(0, 500), st.integers(1, 40))
def test_shares_are_all_there_is(schedules: int, of: int) -> None:
    shares = [
        share_of(Settings(schedules=schedules, runs=schedules, shard=(number, of)))
        for number in range(1, of + 1)
    ]
    assert sum(each.schedules for each in shares) == schedules
    assert all(each.runs for each in shares) == bool(schedules)
    assert len({seed_of("x", each) for each in shares}) == of


def test_what_cannot_be_shared_is_the_first_ones() -> None:
    shares = [
        share_of(Settings(strategy="dpor", schedules=50, shard=(number, 3))) for number in (1, 2, 3)
    ]
    assert [each.schedules for each in shares] == [50, 0, 0]


def test_nothing_changes_without_shares() -> None:
    assert share_of(Settings()) == Settings()
    assert seed_of("x", Settings()) == "x"
