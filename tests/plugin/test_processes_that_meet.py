"""What the explored cell of processes finds, and that its tokens find it again.

``programs/processes_that_meet.py`` holds the programs. A few of them are run here; with
``CORPUS=full`` all are.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.skipif(sys.platform != "linux", reason="who waits for whom is read in /proc"),
]
PROGRAMS = Path(__file__).parent / "programs" / "processes_that_meet.py"
IS_FULL = os.environ.get("CORPUS") == "full"
FEW = "file_under_two_locks or two_files or value_that_is_not or (fine and value_under)"
ONLY_PROCESSES = (
    *("--concurrency-threads=none", "--concurrency-runs=1", "-p", "no:randomly"),
    *(() if IS_FULL else ("--concurrency-schedules=60",)),
)


def told(pytester: pytest.Pytester, *args: str) -> dict[str, dict[str, Any]]:
    """Return the JSON report's tests, by name."""
    pytester.runpytest_subprocess("--concurrency-json=report.json", *ONLY_PROCESSES, *args)
    document = json.loads((pytester.path / "report.json").read_text(encoding="utf-8"))
    return {test["nodeid"].rpartition("::test_")[2]: test for test in document["tests"]}


def explored(test: dict[str, Any]) -> dict[str, Any]:
    """The cell in which schedules of processes are searched."""
    (cell,) = (each for each in test["cells"] if each["kind"] == "explored-processes")
    return dict(cell)


def of_schedules(test: dict[str, Any]) -> list[dict[str, Any]]:
    """The hazards that a schedule shows."""
    return [hazard for hazard in test["hazards"] if hazard["replay"]]


def test_what_processes_do_to_each_other(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_it=PROGRAMS.read_text(encoding="utf-8"))
    found = told(pytester, "--concurrency-stress", *(() if IS_FULL else ("-k", FEW)))
    assert len(found) >= (25 if IS_FULL else 4)
    for name, test in found.items():
        judgement, _, rest = name.partition("__")
        hazards = of_schedules(test)
        if judgement == "fine":
            assert (explored(test)["outcome"], test["hazards"]) == ("clean", []), name
            continue
        kind = rest.partition("__")[0].replace("_", "-")
        assert kind in [hazard["kind"] for hazard in hazards], name
        assert explored(test)["outcome"] == "hazard", name
        assert all(hazard["timeline"] for hazard in hazards), name
        token = next(hazard["replay"] for hazard in hazards if hazard["kind"] == kind)
        assert token.startswith("p1")
        for _ in range(3 if IS_FULL else 1):
            again = told(pytester, f"test_it.py::test_{name}", f"--concurrency-replay={token}")
            assert [each["kind"] for each in again[name]["hazards"]] == [kind], name


def test_a_saved_failure_is_tried_first(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_it=PROGRAMS.read_text(encoding="utf-8"))
    args = ("--concurrency-stress", "-k", "test_racy__deadlock__two_files")
    (first,), (second,) = (told(pytester, *args).values() for _ in range(2))
    assert min(hazard["schedule_index"] for hazard in of_schedules(first)) > 1
    assert min(hazard["schedule_index"] for hazard in of_schedules(second)) == 1
    assert any("tried first, and fails again" in note for note in explored(second)["notes"])
