"""The benchmarks run and say something; what they say is not judged here."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).parent.parent
CORPUS = Path(__file__).parent / "corpus" / "flagged"


def python_m(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", *arguments]
    return subprocess.run(
        command, cwd=ROOT, input=stdin, capture_output=True, text=True, timeout=120
    )


@pytest.fixture
def benchmarks(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    monkeypatch.syspath_prepend(ROOT)
    from benchmarks import asking, corpus, table

    return SimpleNamespace(asking=asking, corpus=corpus, table=table)


def test_burning_processes_cost_no_sight_and_change_no_result() -> None:
    done = python_m("benchmarks", "--quick", "burners")
    assert done.returncode == 0, done.stderr
    for number in (0, 4):
        assert re.search(rf"^{number} +[\d,]+/s +0$", done.stdout, re.MULTILINE), done.stdout
    assert "same results of the same seeds: yes" in done.stdout


def test_benchmarks_print_their_rows() -> None:
    done = python_m("benchmarks", "--quick", "access", "profile")
    assert done.returncode == 0, done.stderr
    row = r"^one attribute read: outside an exploration +\d+ ns +original code \d+ ns +[\d.]+x"
    assert re.search(row, done.stdout, re.MULTILINE), done.stdout
    row = r"^one execution +[\d.]+ µs +[\d.]+ µs +\d+% of it"
    assert re.search(row, done.stdout, re.MULTILINE), done.stdout


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="no commit to compare with")
@pytest.mark.skipif(sys.platform != "linux", reason="the clocks of other processes are Linux's")
def test_a_commit_is_measured_beside_the_checkout() -> None:
    few = ("--pairs=1", "--program=counter", "--part=200", "--step=500")
    done = python_m("benchmarks.against", "HEAD", *few)
    assert done.returncode == 0, done.stderr
    row = r"^median of the medians +[\d.]+ \([\d.]+\.\.[\d.]+\)$"
    assert len(re.findall(row, done.stdout, re.MULTILINE)) == 3, done.stdout


def test_an_unknown_name_is_refused() -> None:
    done = python_m("benchmarks", "speed")
    assert done.returncode == 2
    names = "executions, profile, rerun, small-tests, jobs, burners, corpus, access, cpu, startup"
    assert f"got speed, expected some of {names}" in done.stderr


def test_a_child_explores_as_often_as_it_is_told() -> None:
    requests = [
        ["explore_often", "counter", "random", 7],
        ["explore_often", "accesses-36", "systematic", 3],
    ]
    stdin = "".join(json.dumps(request) + "\n" for request in requests)
    done = python_m("benchmarks.child", "pytest-concurrency", stdin=stdin)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [executions for executions, _, _ in answers] == [7, 3], done.stderr
    assert all(seconds > 0 for _, seconds, _ in answers)


def test_a_child_says_when_it_found_the_first_bug(benchmarks: SimpleNamespace) -> None:
    asking = benchmarks.asking
    with asking.Child(asking.OURS) as child:
        program = str(CORPUS / "counter_split.py")
        schedules, seconds, why_not = child.ask("first_bug", program, "pct", 0, 100, 60.0)
        assert 1 <= schedules <= 100
        assert seconds > 0
        assert not why_not


@pytest.mark.parametrize(
    ("does", "seconds", "end"),
    [("import os; os._exit(3)", 60.0, "crashed"), ("while True: pass", 0.5, "hangs")],
)
def test_a_child_that_does_not_answer_is_replaced(
    benchmarks: SimpleNamespace, tmp_path: Path, does: str, seconds: float, end: str
) -> None:
    asking = benchmarks.asking
    bad = tmp_path / "bad.py"
    bad.write_text(does)
    with asking.Child(asking.OURS) as child:
        child.ask("explore_often", "counter", "random", 1)  # it has started
        with pytest.raises(asking.NoAnswerError) as caught:
            child.ask(
                "first_bug", str(bad), "pct", 0, 100, 60.0, seconds=0.5 if end == "hangs" else 60
            )
        assert caught.value.end == end
        assert child.ask("explore_often", "counter", "random", 2)[0] == 2


def test_what_was_not_found_is_counted_and_named(benchmarks: SimpleNamespace) -> None:
    first = benchmarks.corpus.First
    ours = {
        "easy": [first(2, 0.5, ""), first(4, 0.5, "")],
        "hard": [first(30, 1.0, ""), first(0, 3.0, "exhausted")],
    }
    others = {"easy": [first(1, 0.1, "")] * 2, "hard": [first(0, 1.0, "not found")] * 2}
    found = dict.fromkeys(benchmarks.corpus.NAMES, others) | {"auto": ours}
    peer = {"easy": [first(5, 0.1, "")], "hard": [first(0, 3.0, "crashed")]}
    lines = benchmarks.corpus.tabulated(found, peer).render().splitlines()
    cells = [re.split(r"  +", line) for line in lines]
    assert ["auto", "1 of 2", "2 of 2", "3.0", "3.0", "2.5"] in cells
    assert ["pct", "1 of 2", "1 of 2", "1.0", "1.0", "1.1"] in cells
    assert ["frontrun random", "1 of 2", "1 of 2", "-", "5.0", "3.1"] in cells
    assert "  auto: hard" in lines  # exhausted, and yet
    assert "  crashed: 1 (hard)" in lines
    assert ["hard", "30 (1 of 2)", *["not found"] * (len(found) - 1), "crashed"] in cells


def test_columns_without_numbers_are_left_out(benchmarks: SimpleNamespace) -> None:
    table = benchmarks.table
    shown = table.compared([table.Row("reading", "5 ns", target="< 9 ns: met")]).render()
    assert shown.splitlines() == [
        "what     ours  target",
        "-------  ----  -----------",
        "reading  5 ns  < 9 ns: met",
    ]
