from __future__ import annotations

import io
import pickle
import re
import shlex
from dataclasses import replace

import pytest
from _pytest._io import TerminalWriter
from _pytest.reports import TestReport
from hypothesis import given
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
    Cell,
    CellResult,
    Hazard,
    Site,
    SiteUse,
    StressReport,
    ThreadState,
    Verdict,
)
from pytest_concurrency.report.causes import causes_of
from pytest_concurrency.report.failure import FailureRepr, failure_lines, hazard_lines
from pytest_concurrency.report.page import Page, columns, plain
from pytest_concurrency.report.wording import headline


def text_of(stressed: StressReport, width: int = 80) -> str:
    return plain(failure_lines(stressed, Page(width)))


def test_a_lost_update_explains_itself_on_one_screen() -> None:
    text = text_of(report(LOST_UPDATE))
    assert text.splitlines() == [
        "lost update on Counter.value (src/counter.py:7 and src/counter.py:8)",
        "",
        "Thread 1 read Counter.value, thread 2 wrote it, and then thread 1 wrote over",
        "that.",
        "",
        "src/counter.py:7, in Counter.increment: thread 1 reads",
        "    current = self.value",
        "src/counter.py:8, in Counter.increment: thread 2 writes, thread 1 writes",
        "    self.value = current + 1",
        "",
        "What ran, from top to bottom (numbers are lines of src/counter.py; > marks the",
        "steps that matter):",
        "",
        "  thread 1                   │ thread 2",
        "  ───────────────────────────┼───────────────────────────",
        "> 7 read Counter.value -> 0  │",
        "                             │ 7 read Counter.value -> 0",
        ">                            │ 8 write Counter.value <- 1",
        "> 8 write Counter.value <- 1 │",
        "",
        "With processes instead of threads: hidden. Threads lose updates; two processes",
        "at once do not, because each has its own Counter.",
        "",
        "Found with 2 threads in schedule 3 of 200 (strategy pct, 1 preemption). It can",
        "happen with the GIL.",
        "",
        "To run exactly this interleaving again:",
        "    pytest tests/test_counter.py::test_increment --concurrency-replay=c1.2T.1a2-9f3e",
        "",
        "Details:",
        "    assert counter.value == 2",
        "E   assert 1 == 2",
        "E    +  where 1 = Counter.value",
    ]


def test_a_deadlock_says_who_holds_and_waits() -> None:
    text = text_of(report(DEADLOCK))
    assert text.startswith("deadlock on Account.lock (src/bank.py:12)\n")
    assert (
        "Who holds what, and waits for what:\n"
        "  thread 1 (Thread-1)\n"
        "    holds lock Account('a').lock\n"
        "    waits for lock Account('b').lock held by thread 2\n"
        "    at tests/test_bank.py:30, in test_transfer: transfer(a, b, 10)\n"
        "    at src/bank.py:12, in transfer: with target.lock:\n"
        "  thread 2 (Thread-2)\n"
        "    holds lock Account('b').lock\n"
        "    waits for lock Account('a').lock held by thread 1\n"
        "    at src/bank.py:12, in transfer: with target.lock:\n"
    ) in text


def test_a_timeout_shows_where_each_thread_stood() -> None:
    stack = tuple(Site("spin.py", number, 0, "spin", "while busy:") for number in range(1, 12))
    state = ThreadState(1, "worker", stack=stack)
    hazard = Hazard("timeout", "It did not end within 5 s.", states=(state,))
    text = text_of(report(hazard))
    assert text.startswith("timeout: It did not end within 5 s.\n")
    assert (
        "Where each thread stood:\n  thread 1 (worker) was running\n    … 3 outer frames …" in text
    )
    assert text.count("at spin.py:") == 8
    assert "at spin.py:11, in spin: while busy:" in text


def test_the_first_of_several_hazards_is_shown_in_full() -> None:
    text = text_of(report(LOST_UPDATE, DEADLOCK, free=(FREE_FAILURE,)))
    assert text.startswith("lost update on")
    assert "\nCause 1\n" in text
    assert text.count("With processes instead of threads") == 1
    assert re.search(r"\ndeadlock on Account\.lock.*\nCause 2\n", text)
    assert "--concurrency-replay=c1.2T.77" in text


def test_what_is_seen_at_full_speed_of_a_hazard_with_a_replay_takes_a_sentence() -> None:
    noted = replace(FREE_FAILURE, note="seen in amplified runs only")
    text = text_of(report(LOST_UPDATE, free=(noted,)))
    assert text.endswith(
        "\nSeen without an exact replay, too:\n"
        "  - The test passes alone and fails with 4 threads at once: assert 3 == 4; seen\n"
        "    in amplified runs only"
    )
    assert "frame 13" not in text


def test_a_crash_at_full_speed_is_explained_for_itself() -> None:
    crash = Hazard("crash", "its process died", detail="\n".join(map(str, range(20))))
    text = text_of(report(LOST_UPDATE, free=(crash,)))
    assert "\ncrash: its process died\nCause 2\n" in text
    assert "… 12 lines …\n12\n" in text


def test_of_a_death_in_an_unknown_schedule_nothing_is_made_up() -> None:
    text = text_of(report(Hazard("crash", "its process died", threads=2)))
    assert "Found with 2 threads in a schedule whose number is not known (strategy pct)." in text
    assert "\nIt has no exact replay. To look for it again:\n" in text  # nor is it due to timing
    result = CellResult(Cell("processes", 1, 2), "hazard", 1, hazards=(Hazard("crash", "died"),))
    text = text_of(report(cells=(result,)))
    assert "Found with 2 processes at once, in a run whose number is not known." in text


def test_the_hazard_with_the_fewest_threads_is_the_one_that_is_explained() -> None:
    crowded = replace(LOST_UPDATE, threads=4, preemptions=0, timeline=LOST_UPDATE.timeline[:3])
    (cause,) = causes_of([report(cells=(*cells(crowded), *cells(LOST_UPDATE)))])
    assert cause.hazard.threads == 2


def test_frames_around_the_project_are_left_out() -> None:
    ours = Site("tests/test_it.py", 3, 0, "test_it", "wait()")
    theirs = Site("/somewhere/pluggy/_caller.py", 5, 0, "__call__", "hook()")
    state = ThreadState(1, "worker", waits_for="lock", stack=(theirs, ours))
    text = text_of(report(replace(DEADLOCK, states=(state,))))
    assert "at tests/test_it.py:3" in text
    assert "pluggy" not in text
    alone = replace(state, stack=(theirs,))
    assert "pluggy" in text_of(report(replace(DEADLOCK, states=(alone,))))


def test_what_several_cells_showed_is_told_once_with_the_best_evidence() -> None:
    seen_free = replace(LOST_UPDATE, replay="", timeline=())
    stressed = report(cells=(*cells(free=(seen_free,)), *cells(LOST_UPDATE)))
    (cause,) = causes_of([stressed])
    assert (cause.hazard, len(cause.sightings)) == (LOST_UPDATE, 2)
    text = text_of(stressed, 200)
    assert text.count("lost update on") == 1
    assert "Also seen in: free 4T." in text
    assert "--concurrency-replay=" in text


def test_without_a_token_it_says_why_and_what_to_do() -> None:
    text = text_of(report(free=(FREE_FAILURE,)))
    assert "Found with 4 free-running threads, in 3 of 20 runs." in text
    assert "no exact replay. To look for it again:\n    pytest tests/test_counter.py" in text
    assert "--concurrency-replay" not in text


def test_no_thread_is_named_where_all_that_is_known_is_the_line_that_raised() -> None:
    raised = SiteUse(Site("src/store.py", 9, 0, "read", "return load(handle)"), 0, "call")
    hazard = Hazard("test-failure", "fails in this interleaving: ValueError", sites=(raised,))
    text = text_of(report(hazard))
    assert "src/store.py:9, in read: the exception comes from here" in text
    assert "main thread calls" not in text
    hung = Hazard("timeout", "it hangs", sites=(raised,))
    assert "src/store.py:9, in read: main thread calls" in text_of(report(hung))


def test_processes_are_called_processes() -> None:
    hazard = replace(LOST_UPDATE, timeline=LOST_UPDATE.timeline, replay="", failures=5)
    result = CellResult(
        Cell("processes", 1, 2), "hazard", 20, 20, hazards=(hazard,), control="clean"
    )
    text = text_of(report(hazard, cells=(result,)))
    assert "process 1 reads" in text
    assert "  process 1 " in text
    assert (
        "Found with 2 processes at once, in 5 of 20 runs. One after another they pass."
        in " ".join(text.split())
    )


def test_note_severity_and_gil_are_said() -> None:
    hazard = replace(
        LOST_UPDATE, severity="warning", gil="free-threaded-only", note="the replay ran differently"
    )
    stressed = report(hazard)
    lines = hazard_lines(hazard, [stressed.cells[1]], stressed, Page(80))
    text = " ".join(plain(lines).split())
    assert "It needs free-threaded Python." in text
    assert "Severity: warning." in text
    assert "Note: the replay ran differently" in text


def test_the_command_survives_a_shell() -> None:
    nodeid = "tests/test_a.py::test_x[it's $HOME; a b]"
    hazard = replace(LOST_UPDATE, replay="c1;x")
    (command,) = [
        row.strip()
        for row in text_of(report(hazard, nodeid=nodeid)).splitlines()
        if row.startswith("    pytest ")
    ]
    assert shlex.split(command) == ["pytest", nodeid, "--concurrency-replay=c1;x"]


@pytest.mark.parametrize(
    ("hazard", "short", "long"),
    [
        (
            LOST_UPDATE,
            "lost update on Counter.value (counter.py:7 and counter.py:8)",
            "lost update on Counter.value (src/counter.py:7 and src/counter.py:8)",
        ),
        (
            replace(LOST_UPDATE, sites=()),
            "lost update on Counter.value",
            "lost update on Counter.value",
        ),
        (
            Hazard("crash", "It was killed\nby signal 9."),
            *["crash: It was killed by signal 9."] * 2,
        ),
    ],
)
def test_headlines(hazard: Hazard, short: str, long: str) -> None:
    assert headline(hazard, short=True) == short
    assert headline(hazard) == long


def test_a_headline_names_two_of_many_lines() -> None:
    sites = tuple(
        replace(LOST_UPDATE.sites[0], site=Site("a.py", number)) for number in (1, 2, 3, 2)
    )
    hazard = replace(LOST_UPDATE, sites=sites)
    assert headline(hazard).endswith("(a.py:1, a.py:2 and 1 more)")


def failed(longrepr: FailureRepr) -> TestReport:
    return TestReport(
        "test_a.py::test_x", ("test_a.py", 0, "test_x"), {}, "failed", longrepr, "call"
    )


NOTE = replace(LOST_UPDATE, location="Counter.seen", severity="note", replay="")


def test_a_note_is_one_line() -> None:
    rows = text_of(report(LOST_UPDATE, NOTE), 200).splitlines()
    assert rows[0] == "lost update on Counter.value (src/counter.py:7 and src/counter.py:8)"
    assert rows[-1] == ("note: lost update on Counter.seen (src/counter.py:7 and src/counter.py:8)")


def test_what_another_test_tells_is_only_named() -> None:
    first = report(LOST_UPDATE, nodeid="test_a.py::test_first")
    better = replace(LOST_UPDATE, preemptions=0, replay="c1best")
    second = report(better, DEADLOCK, nodeid="test_a.py::test_second")
    causes = session(first, second)
    told = plain(failure_lines(first, Page(100), causes)).splitlines()
    assert told[:2] == [
        "lost update on Counter.value (src/counter.py:7 and src/counter.py:8)",
        "Cause 1, in 2 tests; this is how test_a.py::test_second shows it",
    ]
    assert "    pytest test_a.py::test_second --concurrency-replay=c1best" in told
    rows = plain(failure_lines(second, Page(100), causes)).splitlines()
    assert rows[:4] == [
        "lost update on Counter.value (src/counter.py:7 and src/counter.py:8)",
        "Cause 1, above: it is told in the failure of test_a.py::test_first",
        "",
        "deadlock on Account.lock (src/bank.py:12)",
    ]
    assert rows[4] == "Cause 2"
    assert str(FailureRepr(second, causes)).startswith("lost update on")


def test_what_is_told_elsewhere_is_named_at_its_own_key() -> None:
    tea, milk = (replace(LOST_UPDATE, location=f"Shelf.left[{key!r}]") for key in ("tea", "milk"))
    first, second = report(tea, nodeid="a.py::tea"), report(milk, nodeid="a.py::milk")
    causes = session(first, second)
    rows = plain(failure_lines(first, Page(100), causes)).splitlines()
    assert rows[:2] == [
        "lost update on Shelf.left['tea'] (src/counter.py:7 and src/counter.py:8)",
        "Cause 1, also at other keys, in 2 tests",
    ]
    assert plain(failure_lines(second, Page(100), causes)).splitlines() == [
        "lost update on Shelf.left['milk'] (src/counter.py:7 and src/counter.py:8)",
        "Cause 1, above: it is told in the failure of a.py::tea",
    ]


def test_longrepr_as_pytest_and_junit_read_it() -> None:
    longrepr = FailureRepr(report(LOST_UPDATE, replace(DEADLOCK, replay="")))
    message = "lost update on Counter.value (counter.py:7 and counter.py:8); and 1 more hazard"
    assert longrepr.reprcrash.message == message
    assert str(longrepr.reprcrash) == f"src/counter.py:7: {message}"
    assert str(longrepr).startswith("lost update on Counter.value (src/counter.py:7")
    assert failed(longrepr).longreprtext.startswith("lost update on Counter.value")


def test_longrepr_in_colour() -> None:
    stream = io.StringIO()
    writer = TerminalWriter(stream)
    writer.hasmarkup = True
    FailureRepr(report(LOST_UPDATE)).toterminal(writer)
    assert stream.getvalue().startswith("\x1b[31m\x1b[1mlost update on Counter.value")


def test_longrepr_survives_xdist_and_pickle() -> None:
    longrepr = FailureRepr(report(LOST_UPDATE))
    received = TestReport._from_json(failed(longrepr)._to_json())
    assert received.longreprtext.rstrip() == str(longrepr).rstrip()
    assert received.longrepr.reprcrash.message == longrepr.reprcrash.message  # type: ignore[union-attr]
    assert str(pickle.loads(pickle.dumps(longrepr))) == str(longrepr)


def test_a_hazard_without_a_place_is_located_at_its_test() -> None:
    longrepr = FailureRepr(report(free=(FREE_FAILURE,)))
    assert (longrepr.reprcrash.path, longrepr.reprcrash.lineno) == ("tests/test_counter.py", 1)


def test_without_a_hazard_there_is_nothing_to_show() -> None:
    with pytest.raises(ValueError, match="test_increment has no hazard"):
        FailureRepr(report())


@patient
@given(reports)
def test_any_report_can_be_told_on_any_page(stressed: StressReport) -> None:
    for page in (Page(80), Page(20, "ascii")):
        plain(failure_lines(stressed, page)).encode(page.encoding)


def test_sentences_and_tables_fit_the_page() -> None:
    verdict = Verdict("hidden", "Because of this and that. " * 10)
    lines = failure_lines(report(LOST_UPDATE, DEADLOCK, isolation=verdict), Page(80))
    commands = [each for each in lines if each.text.startswith("    pytest ")]
    assert len(commands) == 2
    assert all(columns(each.text) <= 80 for each in lines if each not in commands)
