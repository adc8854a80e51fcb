from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from report_samples import DEADLOCK, FREE_FAILURE, LOST_UPDATE, cells, patient, report, reports

from pytest_concurrency.model import Cell, CellResult, Settings, StressReport, UnseenCode, Verdict
from pytest_concurrency.report.page import Page, columns, plain
from pytest_concurrency.report.terminal.summary import header_line, progress_text, summary_lines

SKIPPED = StressReport("tests/test_io.py::test_out", True, "skipped", reason="it uses capsys")


def summary(*given: StressReport, width: int = 80, **more: Any) -> list[str]:
    return plain(summary_lines(given, Page(width), **more)).splitlines()


def test_header() -> None:
    assert header_line(Settings(), gil=True) == (
        "concurrency: threads 2,4; processes 2; 200 schedules, strategy auto; "
        "seed from test ids; GIL on"
    )
    assert header_line(Settings(processes=(), schedules=1, seed="7"), gil=False) == (
        "concurrency: threads 2,4; processes none; 1 schedule, strategy auto; seed 7; GIL off"
    )


def test_progress() -> None:
    cell = Cell("explored", 2)
    assert progress_text("a.py::test_x", cell, 120, 200, Page()) == "test_x: explored 2T 120/200 …"


@patient
@given(st.text(), st.integers(10, 100))
def test_progress_leaves_the_last_column_free(nodeid: str, width: int) -> None:
    text = progress_text(nodeid, Cell("explored", 2), 1, 2, Page(width))
    assert columns(text) < width


def test_notes_are_told_in_full_and_are_no_hazards() -> None:
    note = replace(
        LOST_UPDATE, kind="lock-order-inversion", severity="note", message="thread 1 takes b"
    )
    lines = summary(report(note, outcome="passed"), width=120)
    assert "    note: lock order inversion on Counter.value (counter.py:7 and counter.py:8): " in (
        " ".join(lines)
    )
    assert any(line.endswith("thread 1 takes b") for line in lines)
    assert ", 0 hazards, 1 note, " in lines[-1]


def test_table_totals_and_hazards() -> None:
    clean = report(
        nodeid="tests/test_counter.py::test_locked",
        cells=(
            CellResult(Cell("serial"), "clean", 2, 2),
            CellResult(Cell("explored", 2), "clean", 60, 200, 40, exhausted=True, covered=40),
            CellResult(Cell("explored", 4), "skipped", reason="the time was up"),
        ),
    )
    broken = report(LOST_UPDATE, free=(FREE_FAILURE,))
    assert summary(broken, clean, SKIPPED, width=90) == [
        "                                       serial  explored   free  processes",
        "test                                           2T   4T    4T    2P         isolation",
        "tests/test_counter.py::test_increment  ok      FAIL       FAIL  ok         hidden",
        "    lost update on Counter.value (counter.py:7 and counter.py:8)",
        "    test failure: The test passes alone and fails with 4 threads at once: assert 3 == 4",
        "tests/test_counter.py::test_locked     ok      ok*  skip                   clean",
        "ok*: every interleaving was run",
        "could not be judged: tests/test_counter.py::test_locked: explored 4T: the time was up",
        "could not be judged: tests/test_io.py::test_out: it uses capsys",
        "2 tests stressed, 1 not stressed, 304 schedules, 2 hazards, 2 tests could not be judged,",
        "1.2s, seed from test ids",
    ]


def test_two_schedules_look_different_from_two_hundred() -> None:
    explored = (
        CellResult(Cell("explored", 2), "clean", 2, 200, 2),
        CellResult(Cell("explored", 4), "clean", 20, 200, 20),
    )
    lines = summary(report(nodeid="test_it.py::test_slow", cells=explored), width=90)
    row = next(each for each in lines if each.startswith("test_it.py::test_slow"))
    assert row.split()[1:3] == ["2/200", "ok"]
    assert any("only n of m schedules were run" in each for each in lines)


def test_quiet_says_only_what_nothing_else_does() -> None:
    assert summary(report(LOST_UPDATE), verbosity=-1) == []
    assert summary() == []
    assert summary(report(LOST_UPDATE, gated=False), SKIPPED, verbosity=-1) == [
        "concurrency: 1 hazard in 1 test not gated; -v shows it",
        "concurrency: 1 test could not be judged; -v says why",
    ]
    assert summary(SKIPPED, verbosity=-1, strict=True) == [
        "concurrency: 1 test could not be judged; the run fails (--concurrency-strict)"
    ]


def test_reasons_not_to_stress_are_counted() -> None:
    reasons = ["async"] * 3 + ["a doctest"] * 2 + ["x", "y", "z"]
    tests = [StressReport(f"t{n}", False, "skipped", reason=why) for n, why in enumerate(reasons)]
    rows = summary(*tests)
    told = "not stressed: 3 async; 2 a doctest; 1 x; 2 for other reasons (-v names them)"
    assert rows[0] == told
    assert summary(*tests, verbosity=1)[:2] == [
        "not stressed: t0: async",
        "not stressed: t1: async",
    ]


def test_a_note_of_a_cell_is_told_once() -> None:
    noted = report(
        notes=("it was tried first", "of the test"),
        cells=[replace(each, notes=("it was tried first",)) for each in cells()],
    )
    rows = summary(noted, verbosity=1)
    assert "    note: of the test" in rows
    assert not any("note: it was tried first" in row for row in rows)


def test_what_went_wrong_beside_the_tests_is_told_once() -> None:
    noted = report(problems=("a file is corrupt",))
    rows = summary(noted, noted, problems=["the report cannot be written"])
    told = ["warning: the report cannot be written", "warning: a file is corrupt"]
    assert rows[4:6] == told
    assert summary(noted, verbosity=-1, problems=["p"]) == [
        "warning: p",
        "warning: a file is corrupt",
    ]


def test_of_many_that_could_not_be_judged_some_are_named() -> None:
    many = [StressReport(f"t{n}", True, "skipped", reason="r") for n in range(12)]
    rows = summary(*many)
    assert rows[9:11] == [
        "could not be judged: t9: r",
        "could not be judged: 2 more tests (-v names them)",
    ]
    assert "could not be judged: t11: r" in summary(*many, verbosity=1)
    strict = "the run fails since not all could be judged (--concurrency-strict)"
    assert strict in summary(*many, strict=True)
    assert strict not in rows


def test_verbose_says_how() -> None:
    skipped = CellResult(Cell("explored", 4), "skipped", reason="the time was up")
    noted = CellResult(Cell("explored", 8), "clean", 5, 9, notes=("each schedule was forked",))
    rows = summary(
        report(cells=(*cells(), skipped, noted), notes=("hash order matters",)),
        SKIPPED,
        verbosity=1,
        seed="7",
    )
    for row in (
        "    explored 2T: 200 schedules, 42 distinct, sampled, strategy pct, 0.31s",
        "    explored 4T: skipped: the time was up",
        "    explored 8T: 5 of 9 schedules, 0 distinct, sampled, strategy unknown, 0.00s",
        "    each schedule was forked",
        "    processes 2P: 20 runs, one after another: clean, 0.20s",
        "    isolation: no hazard was found",
        "    seed 5f3a",
        "instrumented 12 of 14 functions; not: shop.made (no source), shop.old (its",
        "    source has changed)",
        "    note: hash order matters",
        "could not be judged: tests/test_io.py::test_out: it uses capsys",
    ):
        assert row in rows
    assert " ".join(rows[-2:]) == (
        "1 test stressed, 1 not stressed, 247 schedules, 0 hazards, 2 tests could not be judged, "
        "0.6s, seed 7"
    )


def test_of_many_functions_left_alone_some_are_named() -> None:
    names = tuple(f"made.f{number} (no source)" for number in range(8))
    text = " ".join(
        row.strip() for row in summary(*[report(uninstrumented=names)] * 2, verbosity=1)
    )
    assert "made.f4 (no source) and 3 more" in text
    assert text.count("instrumented") == 1
    assert "not:" not in " ".join(summary(report(uninstrumented=()), verbosity=1))


def test_what_does_not_fail_the_run_has_its_replay_here() -> None:
    rows = summary(report(DEADLOCK, gated=False))
    assert "    deadlock on Account.lock (bank.py:12) [does not fail the run]" in rows
    assert (
        "      pytest tests/test_counter.py::test_increment --concurrency-replay=c1.2T.77" in rows
    )
    assert not any("--concurrency-replay" in row for row in summary(report(DEADLOCK)))


def test_errors_and_reasons_are_named() -> None:
    broken = CellResult(Cell("free-running", 4), "error", reason="the explorer was killed")
    rows = summary(
        report(
            cells=(broken,),
            reason="time was up",
            isolation=Verdict("inconclusive", "time was up"),
        )
    )
    assert rows[2].split() == ["tests/test_counter.py::test_increment", "error", "inconclusive"]
    assert rows[3:5] == ["    time was up", "    free 4T: the explorer was killed"]


def test_many_tests_are_summed_up_but_no_problem_is_hidden() -> None:
    many = [report(nodeid=f"test_m.py::test_{number}") for number in range(30)]
    many.insert(17, report(LOST_UPDATE, nodeid="test_m.py::test_bad"))
    rows = summary(*many)
    assert any("test_bad" in row and "FAIL" in row for row in rows)
    assert "… and 30 more tests without a hazard" in rows
    assert len(rows) == 6
    assert len(summary(*many[:17])) == 17 + 3
    assert sum("::test_" in row for row in summary(*many, verbosity=1)) == 31
    assert summary(*many[:15], *many[18:], *many[:3])[0] == "… and 31 tests without a hazard"


def test_colours() -> None:
    lines = summary_lines([report(LOST_UPDATE)], Page())
    coloured = {span.text.strip(): span.markup for each in lines for span in each.spans}
    assert coloured["FAIL"] == ("red", "bold")
    assert coloured["ok"] == ("green",)
    assert coloured["hidden"] == ("red",)
    assert coloured["1 hazard"] == ("red", "bold")


def test_a_long_name_keeps_what_tells_it_apart() -> None:
    deep = "tests/integration/accounts/test_bank.py::test_transfer"
    param = f"tests/test_bank.py::test_transfer[{'x' * 80}]"
    rows = summary(report(nodeid=deep), report(nodeid=param))
    assert rows[2].startswith("…")
    assert "test_bank.py::test_transfer  ok" in rows[2]
    assert rows[3].startswith("test_transfer[xxx")


def test_with_many_columns_names_get_their_own_line() -> None:
    wide = tuple(CellResult(Cell("explored", n), "hazard", 9, 9) for n in range(10, 22))
    rows = summary(report(cells=wide))
    assert rows[2] == "tests/test_counter.py::test_increment"
    assert rows[3].split() == [*["FAIL"] * 12, "clean"]


@patient
@given(st.lists(reports, max_size=3), st.integers(-1, 1), st.sampled_from(["utf-8", "ascii"]))
def test_any_session_can_be_summed_up(
    some: list[StressReport], verbosity: int, encoding: str
) -> None:
    plain(summary_lines(some, Page(80, encoding), verbosity=verbosity)).encode(encoding)


def test_code_that_is_not_seen_is_named_with_what_to_add() -> None:
    unseen = (UnseenCode("", 2), UnseenCode("pyee", 30), UnseenCode("left", 6, on_purpose=True))
    rows = " ".join(summary(report(entered=41, unseen=unseen), width=300))
    assert (
        "3 of 41 functions instrumented: code of pyee, left and code made by exec() or eval() "
        "is not seen; add --concurrency-source=pyee"
    ) in rows
    generated = summary(report(entered=3, unseen=unseen[:1]), width=300)
    assert any(row.endswith("code made by exec() or eval() is not seen") for row in generated)
