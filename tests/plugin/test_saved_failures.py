"""A schedule that failed is tried first in the next run."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import EXPLORED_ONLY, RACY, Run

AGAIN = "a schedule that had failed in an earlier run was tried first, and fails again"


def kept(pytester: pytest.Pytester) -> list[Path]:
    return sorted(pytester.path.glob(".pytest_cache/d/concurrency/*"))


def test_instrumented_code_is_kept_and_means_the_same(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    pytester.makepyfile(test_it=RACY)
    options = (*EXPLORED_ONLY, "--concurrency-json=report.json")
    found, written = [], []
    for _ in range(2):
        assert pytester.runpytest_subprocess(*options).ret == 1
        (test,) = json.loads((pytester.path / "report.json").read_text())["tests"]
        hazards = [(each["message"], each["sites"], each["replay"]) for each in test["hazards"]]
        found.append(hazards)
        folder = pytester.path / ".pytest_cache" / "d" / "concurrency-code"
        written.append({path.name: path.stat().st_mtime_ns for path in folder.iterdir()})
    assert found[0] == found[1]
    assert written[0] == written[1] != {}


def test_it_is_tried_first(run: Callable[..., Run], pytester: pytest.Pytester) -> None:
    first = run(RACY, *EXPLORED_ONLY).of["test_racy"]
    assert AGAIN not in first.notes
    assert len(kept(pytester)) == 1
    for seed in range(5):  # a random walk's own first schedule fails now and then, not each time
        options = ("--concurrency-strategy=random", f"--concurrency-seed={seed}")
        report = run("", *EXPLORED_ONLY, *options).of["test_racy"]
        assert report.hazards[0].schedule_index == 1
        assert AGAIN in report.notes
        assert report.hazards[0].kind == "lost-update"
        assert report.hazards[0].replay == first.hazards[0].replay


def test_it_is_dropped_when_it_no_longer_fails(
    run: Callable[..., Run], pytester: pytest.Pytester
) -> None:
    assert run(RACY, *EXPLORED_ONLY).ret == 1
    mended = RACY.replace(
        "class Counter:", "import threading\nlock = threading.Lock()\nclass Counter:"
    )
    mended = mended.replace(
        "        value = self.value\n        self.value = value + 1",
        "        with lock:\n            self.value += 1",
    )
    clean = run(mended, *EXPLORED_ONLY)
    assert clean.ret == 0, clean.out
    assert kept(pytester) == []


def test_other_counts_are_kept(run: Callable[..., Run], pytester: pytest.Pytester) -> None:
    run(RACY, *EXPLORED_ONLY)
    (path,) = kept(pytester)
    before = path.read_text()
    run("", "--concurrency-stress", "--concurrency-threads=none", "--concurrency-processes=none")
    assert path.read_text() == before


def test_a_corrupt_file_is_told_and_set_aside(
    run: Callable[..., Run], pytester: pytest.Pytester
) -> None:
    run(RACY, *EXPLORED_ONLY)
    (path,) = kept(pytester)
    path.write_text("no JSON")
    again = run("", *EXPLORED_ONLY, "-v")
    assert again.ret == 1
    out = " ".join(again.out.split())
    assert out.count("warning: a file of saved failures was corrupt") == 1
    assert [each.suffix for each in kept(pytester)] == [".corrupt", ".json"]


def test_without_a_cache_nothing_is_kept(
    run: Callable[..., Run], pytester: pytest.Pytester
) -> None:
    assert run(RACY, *EXPLORED_ONLY, "-p", "no:cacheprovider").ret == 1
    assert not pytester.path.joinpath(".pytest_cache").exists()


@pytest.mark.parametrize("jobs", ["2", "auto"])
def test_several_jobs_find_the_same_in_each_run(run: Callable[..., Run], jobs: str) -> None:
    arguments = (*EXPLORED_ONLY, f"--concurrency-jobs={jobs}", "-p", "no:cacheprovider")
    one, two = (run(RACY, *arguments).of["test_racy"] for _ in range(2))
    assert [hazard.kind for hazard in one.hazards] == ["lost-update"]
    shown = [(found.hazards[0].replay, found.hazards[0].schedule_index) for found in (one, two)]
    assert shown[0] == shown[1]
    assert one.cells[1].schedules == two.cells[1].schedules
    assert one.cells[1].distinct == two.cells[1].distinct


def test_a_correct_test_is_searched_to_the_end(run: Callable[..., Run]) -> None:
    locked = RACY.replace("self.value = 0", "self.value = 0; self.lock = threading.Lock()")
    locked = locked.replace("value = self.value\n        self.value = value + 1", "self.add()")
    locked = locked.replace("import pytest", "import pytest\nimport threading", 1)
    locked = locked.replace(
        "@pytest.fixture",
        "    def add(self):\n        with self.lock:\n            self.value += 1\n\n"
        "@pytest.fixture",
        1,
    )
    arguments = ("--concurrency-stress", "--concurrency-threads=2", "--concurrency-runs=0")
    found = run(locked, *arguments, "-v")
    cell = found.of["test_racy"].cells[1]
    assert cell.exhausted, found.out
    assert cell.coverage.startswith("all ")
    assert cell.coverage in found.out
    assert "ok*: every interleaving was run" in found.out


def test_where_nothing_can_be_saved_one_line_says_so(run: Callable[..., Run]) -> None:
    source = f"{RACY}\n@pytest.mark.threadsafe\ndef test_fine(): pass\n"
    found = run(source, *EXPLORED_ONLY, "-o", "cache_dir=/proc/nope", "-W", "ignore")
    found.result.assert_outcomes(failed=1, passed=1)
    assert found.out.count("warning: failing schedules are not saved") == 1
    assert "Traceback" not in found.out


def test_a_report_that_cannot_be_written_is_a_warning(run: Callable[..., Run]) -> None:
    source = "import pytest\n@pytest.mark.threadsafe\ndef test_fine(): pass\n"
    found = run(source, *EXPLORED_ONLY, "--concurrency-json=/dev/full")
    assert found.ret == 0
    assert "warning: the report cannot be written: " in found.out
    assert "1 test stressed" in found.out
