from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_samples import (
    DEADLOCK,
    FREE_FAILURE,
    LOST_UPDATE,
    cells,
    patient,
    report,
    reports,
    session,
)

from pytest_concurrency.model import (
    Accepted,
    Cell,
    CellResult,
    Settings,
    StressReport,
    UnseenCode,
    Verdict,
)
from pytest_concurrency.report.page import Page, columns, plain
from pytest_concurrency.report.terminal.header import header_line, progress_text
from pytest_concurrency.report.terminal.summary import summary_lines
from pytest_concurrency.report.terminal.table import names_of

SKIPPED = StressReport("tests/test_io.py::test_out", True, "skipped", reason="it uses capsys")


def summary(*given: StressReport, width: int = 80, **more: Any) -> list[str]:
    return plain(summary_lines(session(*given), Page(width), **more)).splitlines()


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


def test_the_evidence_of_notes_is_told_to_who_asks() -> None:
    note = replace(
        LOST_UPDATE, kind="lock-order-inversion", severity="note", message="thread 1 takes b"
    )
    told = "note: lock order inversion on Counter.value (counter.py:7 and counter.py:8)"
    noted = report(note, outcome="passed")
    assert told in summary(noted, width=120)
    assert "    thread 1 takes b" in summary(noted, width=120, verbosity=1)
    assert summary(noted)[-1].startswith("1 test stressed: 1 clean, ")


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
    assert summary(broken, clean, SKIPPED, width=92) == [
        "                                       serial  explored  free  processes",
        f"test{' ' * 43}2T        4T    2P         isolation  cause",
        "tests/test_counter.py::test_increment  ok      FAIL      FAIL  ok         hidden     1",
        "cause 1: lost update on Counter.value (counter.py:7 and counter.py:8)",
        "could not be judged: tests/test_counter.py::test_locked: explored 4T: the time was up",
        "could not be judged: tests/test_io.py::test_out: it uses capsys",
        "2 tests stressed: 1 cause in 1 test, 2 not judged, 1.2 s",
    ]
    rows = summary(broken, clean, SKIPPED, width=100, verbosity=1)
    ours = [row.split()[1:] for row in rows if row.startswith("tests/test_counter.py::test_locked")]
    assert ours == [["ok", "ok*", "skip", "clean"]]
    assert "ok*: every interleaving was run" in rows
    reduced = replace(clean.cells[1], reduced=True, covered=34)
    rows = summary(replace(clean, cells=(reduced,)), verbosity=1)
    assert "    explored 2T: 60 schedules, all 34 interleavings, strategy unknown, 0.00s" in rows
    within = replace(clean.cells[1], preemption_bound=1)
    rows = summary(replace(clean, cells=(within,)), verbosity=1)
    assert not [row for row in rows if "every interleaving" in row or "ok*" in row]


def test_a_cause_of_several_tests_is_told_once() -> None:
    first = report(LOST_UPDATE, DEADLOCK, nodeid="test_a.py::test_first")
    second = report(LOST_UPDATE, nodeid="test_a.py::test_second", gated=False)
    rows = summary(first, second, report(nodeid="test_a.py::test_third"))
    assert rows[2].split()[-3:] == ["hidden", "1,", "2"]
    assert rows[3].split()[-2:] == ["hidden", "1"]
    assert rows[4:] == [
        "cause 1: lost update on Counter.value (counter.py:7 and counter.py:8), in 2",
        "    tests",
        "cause 2: deadlock on Account.lock (bank.py:12)",
        "3 tests stressed: 2 causes in 2 tests, 1 clean, 1.8 s",
    ]


def test_a_cause_at_several_keys_is_told_once() -> None:
    tea, milk = (replace(LOST_UPDATE, location=f"left[{key!r}]") for key in ("tea", "milk"))
    assert summary(report(tea, milk))[-3:-1] == [
        "cause 1: lost update on left['tea'] (counter.py:7 and counter.py:8), also at",
        "    other keys",
    ]


def test_the_state_of_a_session() -> None:
    def named(name: str, **more: Any) -> StressReport:
        return report(nodeid=f"test_a.py::{name}", seconds=10.0, **more)

    every = [replace(cells()[1], exhausted=True)]
    known = replace(DEADLOCK, accepted=Accepted("known.txt", "known by the baseline"))
    ignored = replace(LOST_UPDATE, accepted=Accepted("lost-update: why not", "why not"))
    skipped = CellResult(Cell("explored", 4), "skipped", reason="the time was up")
    reports = [
        report(LOST_UPDATE, nodeid="test_a.py::test_new", seconds=10.0),
        named("test_known", cells=(replace(cells()[1], hazards=(known,)),)),
        named("test_ignored", cells=(replace(cells()[1], hazards=(ignored,)),)),
        named("test_clean", cells=every),
        named("test_cut", cells=(skipped,)),
        named("test_breaks", isolation=Verdict("breaks", "it needs shared memory")),
        named("test_wrong", outcome="failed"),
    ]
    assert summary(*reports, width=140, baseline="known.txt")[-1] == (
        "7 tests stressed: 2 causes in 2 tests (1 new), 2 clean (1 every interleaving), "
        "1 broken by processes, 1 failed, 1 not judged, 70 s"
    )
    assert "1 cause in 1 test, 3 clean" in summary(*reports, width=140)[-1]


def test_notes_and_warnings_take_a_line_and_leave_the_verdict() -> None:
    note = replace(LOST_UPDATE, severity="note")
    noted = report(cells=(replace(cells()[1], hazards=(note,)),))
    told = "note: lost update on Counter.value (counter.py:7 and counter.py:8)"
    assert summary(noted) == [told, "1 test stressed: 1 clean, 0.6 s"]
    rows = summary(noted, verbosity=1)
    assert told in rows
    assert any(row.startswith("    src/counter.py:7, in Counter.increment") for row in rows)
    many = [replace(note, location=f"Counter.v{number}") for number in range(8)]
    rows = summary(report(cells=(replace(cells()[1], hazards=tuple(many)),)))
    assert sum(row.startswith("note: lost update on") for row in rows) == 5
    assert "note: 3 more (-v names them)" in rows
    warned = replace(note, severity="warning", location="Counter.other")
    assert summary(report(cells=(replace(cells()[1], hazards=(warned,)),)))[0].startswith(
        "warning: lost update on Counter.other"
    )


def test_two_schedules_look_different_from_two_hundred() -> None:
    explored = (
        CellResult(Cell("explored", 2), "clean", 2, 200, 2),
        CellResult(Cell("explored", 4), "clean", 20, 200, 20),
    )
    slow = report(nodeid="test_it.py::test_slow", cells=explored)
    lines = summary(slow, width=90, verbosity=1)
    row = next(each for each in lines if each.startswith("test_it.py::test_slow"))
    assert row.split()[1:3] == ["2/200", "ok"]
    assert any("only n of m schedules were run" in each for each in lines)
    assert "could not be judged: test_it.py::test_slow: explored 2T: only 2 of 200 schedules" in (
        summary(slow, width=90)
    )


def test_quiet_says_only_what_nothing_else_does() -> None:
    assert summary(report(LOST_UPDATE), verbosity=-1) == []
    assert summary() == []
    assert summary(report(LOST_UPDATE, gated=False), SKIPPED, verbosity=-1) == [
        "concurrency: 1 cause in 1 test not gated; -v shows it",
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
    assert rows[:2] == told
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
    assert rows[-1] == "1 test stressed: 2 not judged, 0.6 s"


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
    assert "cause 1: deadlock on Account.lock (bank.py:12) [does not fail the run]" in rows
    assert "    pytest tests/test_counter.py::test_increment --concurrency-replay=c1.2T.77" in rows
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
    assert len(rows) == 5
    assert rows[-1] == "31 tests stressed: 1 cause in 1 test, 30 clean, 19 s"
    assert sum("::test_" in row for row in summary(*many, verbosity=1)) == 31
    bad = [report(LOST_UPDATE, nodeid=f"test_m.py::test_{number}") for number in range(30)]
    assert "… and 5 more tests with findings (-v lists them)" in summary(*bad)


def test_colours() -> None:
    lines = summary_lines(session(report(LOST_UPDATE)), Page())
    coloured = {span.text.strip(): span.markup for each in lines for span in each.spans}
    assert coloured["FAIL"] == ("red", "bold")
    assert coloured["ok"] == ("green",)
    assert coloured["hidden"] == ("red",)
    assert coloured["1 cause in 1 test"] == ("red", "bold")


def test_a_long_name_keeps_what_tells_it_apart() -> None:
    deep = "tests/integration/accounts/test_bank.py::test_transfer"
    param = f"tests/test_bank.py::test_transfer[{'x' * 80}]"
    both = (report(LOST_UPDATE, nodeid=deep), report(LOST_UPDATE, nodeid=param))
    rows = summary(*both, width=87)
    assert rows[2].startswith("…")
    assert "test_bank.py::test_transfer  ok" in rows[2]
    assert rows[3].startswith("test_transfer[xx")


NAMES = [
    "tests/test_a.py::test_every_cashier_writes_a_line",
    "tests/test_a.py::test_every_cashier_writes_a_receipt",
    "tests/test_a.py::test_every_cashier_is_counted",
    "tests/test_b.py::test_every_cashier_is_counted_twice",
]


@pytest.mark.parametrize("width", [16, 20, 24, 30, 60])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_names_are_cut_so_that_they_stay_different(width: int, encoding: str) -> None:
    page = Page(80, encoding)
    names = names_of(NAMES, width, page)
    assert len({*names.values()}) == len(NAMES)
    assert all(columns(name) <= width for name in names.values())
    assert [*names_of(NAMES[:2], 24, Page()).values()] == ["test_eve…a_line", "test_eve…a_receipt"]
    folders = [f"tests/{folder}/deep/test_it.py::test_x" for folder in ("one", "two")]
    told = ["tests/one/deep/test_i…", "tests/two/deep/test_i…"]
    assert [*names_of(folders, 22, Page()).values()] == told


def test_with_many_columns_names_get_their_own_line() -> None:
    wide = tuple(CellResult(Cell("explored", n), "hazard", 9, 9) for n in range(10, 22))
    rows = summary(report(cells=wide), verbosity=1)
    assert rows[2] == "tests/test_counter.py::test_increment"
    assert rows[3].split() == [*["FAIL"] * 12, "clean"]


@patient
@given(st.lists(reports, max_size=3), st.integers(-1, 1), st.sampled_from(["utf-8", "ascii"]))
def test_any_session_can_be_summed_up(
    some: list[StressReport], verbosity: int, encoding: str
) -> None:
    plain(summary_lines(session(*some), Page(80, encoding), verbosity=verbosity)).encode(encoding)


def test_code_that_is_not_seen_is_named_with_what_to_add() -> None:
    unseen = (UnseenCode("", 2), UnseenCode("pyee", 30), UnseenCode("left", 6, on_purpose=True))
    rows = " ".join(summary(report(entered=41, unseen=unseen), width=300, verbosity=1))
    assert (
        "3 of 41 functions instrumented: code of pyee, left and code made by exec() or eval() "
        "is not seen; add --concurrency-source=pyee"
    ) in rows
    generated = summary(report(entered=3, unseen=unseen[:1]), width=300, verbosity=1)
    assert any(row.endswith("code made by exec() or eval() is not seen") for row in generated)
    others = [report(nodeid=f"t{n}", entered=41, unseen=unseen[1:2]) for n in range(3)]
    assert summary(*others)[0] == (
        "code of pyee is not seen in 3 tests; add --concurrency-source=pyee"
    )
