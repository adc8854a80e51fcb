"""Mistakes of the plugin's own: no hazard, no failing test, and a file to report them with."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .conftest import FEW

TESTS = """
import threading
import pytest

class Counter:
    value = 0

@pytest.mark.threadsafe
def test_racy():
    counter = Counter()
    def increment():
        value = counter.value
        counter.value = value + 1
    threads = [threading.Thread(target=increment) for _ in range(2)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    assert counter.value == 2

@pytest.mark.threadsafe
def test_fine():
    pass
"""
BREAK = """
import importlib

def pytest_sessionstart():
    owner = importlib.import_module("pytest_concurrency.{module}")
    *path, last = "{name}".split(".")
    for each in path:
        owner = getattr(owner, each)
    setattr(owner, last, broken)

def broken(*args, **kwargs):
    raise LookupError("broken on purpose")
"""


@pytest.fixture
def broken(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[pytest.RunResult, str]]:
    """Run with something of ours broken; the result and what is in the file."""
    monkeypatch.setenv("TMPDIR", str(pytester.mkdir("temporary")))

    def broken(what: str, *args: str) -> tuple[pytest.RunResult, str]:
        module, _, name = what.partition(":")
        pytester.makeconftest(BREAK.format(module=module, name=name))
        pytester.makepyfile(test_it=TESTS)
        settings = (*FEW, "--concurrency-json=report.json", *args)
        result = pytester.runpytest_subprocess(*settings, timeout=120)
        (path,) = files(pytester.path)
        assert path.name in "".join(map(str.strip, result.outlines))
        return result, path.read_text()

    return broken


def files(folder: Path) -> Iterator[Path]:
    yield from folder.glob(".pytest_cache/d/concurrency/internal-errors*.txt")
    yield from folder.glob("temporary/pytest-concurrency-*.txt")


CELLS = {
    "strategy": "search.strategies.random_walk:RandomWalk.choose",
    "grants of a strategy": "search.strategies.random_walk:RandomWalk.grant",
    "search": "search.explorer:Explorer._judge",
    "detector": "search.explorer:look",
    "evidence": "detect.hazards.lost_update:FoundLostUpdate.tell",
    "survey": "stress.code_under_test:survey",
    "serial cell": "stress.control.alone:serial_cell",
    "free-running cell": "stress.one_cell:run_free_running",
    "process cell": "stress.one_cell:process_cell",
    "plan": "stress.run:plan",
    "verdict": "stress.run:isolation_verdict",
}


@pytest.mark.parametrize("what", CELLS)
def test_a_mistake_fails_no_test_and_is_no_hazard(
    broken: Callable[..., tuple[pytest.RunResult, str]], pytester: pytest.Pytester, what: str
) -> None:
    result, text = broken(CELLS[what], "--concurrency-strategy=random")
    assert "test: test_it.py::test_fine" in text or what == "evidence"
    for expected in (
        "LookupError: broken on purpose",
        "pytest-concurrency-stress 0.",
        f"pytest {pytest.__version__}",
        "CPython 3.",
        "--concurrency-strategy=random",
        "schedules=20",
    ):
        assert expected in text
    tests = json.loads((pytester.path / "report.json").read_text())["tests"]
    found = [{hazard["kind"] for hazard in test["hazards"]} for test in tests if test["hazards"]]
    # What other cells have found: without schedules it is the failure that shows.
    assert set().union(*found) <= {"lost-update", "test-failure"}
    result.assert_outcomes(failed=len(found), passed=2 - len(found))
    if what in ("strategy", "search", "detector", "evidence"):
        assert "schedule when it happened: c1" in text
        assert "internal error of pytest-concurrency: LookupError: broken on" in json.dumps(tests)


REPORTS = {
    "failure section": "report.failure:failure_lines",
    "table": "session.ending:summary_lines",
    "wire": "session.stressing:to_wire",
    "JSON": "report.json:build_document",
}


@pytest.mark.parametrize("what", REPORTS)
def test_a_report_that_cannot_be_shown_does_not_end_the_session(
    broken: Callable[..., tuple[pytest.RunResult, str]], what: str
) -> None:
    result, text = broken(REPORTS[what])
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.no_fnmatch_line("*INTERNALERROR*")
    assert "LookupError: broken on purpose" in text
    assert "Counter.value" in result.stdout.str()


@pytest.mark.parametrize("args", [("-p", "no:cacheprovider"), ("-o", "cache_dir=/proc/nope")])
def test_without_a_cache_the_file_is_where_temporary_files_go(
    broken: Callable[..., tuple[pytest.RunResult, str]], args: tuple[str, ...]
) -> None:
    _, text = broken(CELLS["detector"], *args, "-q")
    assert "broken on purpose" in text


def test_no_file_without_a_mistake(pytester: pytest.Pytester, run: Callable[..., Any]) -> None:
    run(TESTS)
    assert list(files(pytester.path)) == []
