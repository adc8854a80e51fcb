"""What a fork copies: each hazard is found and named, and its corrected twin is not accused.

``programs/forks.py`` holds the programs.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(sys.platform != "linux", reason="workers are forked, and seen in /proc"),
]
PROGRAMS = Path(__file__).parent / "programs" / "forks.py"
FAST = ("--concurrency-threads=2", "--concurrency-schedules=0", "--concurrency-runs=6")


class Told(NamedTuple):
    """What is to be found in a program."""

    severity: str
    location: str
    lines: tuple[str, ...]
    """What the lines end with."""
    verdict: str


EXPECTED = {
    "held_by_the_saver": Told("error", "lock Journal.lock", ("waits", "taken"), "exposed"),
    "missing_adder": Told("warning", "thread adder", ("for ever", "answers"), "inconclusive"),
    "generator_of_names": Told("warning", "generator rng", ("draws",), "breaks"),
    "generator_of_ids": Told("warning", "generator Ids.chance", ("draws",), "breaks"),
    "buffer_never_written": Told("warning", "file journal", ("writes",), "breaks"),
    "buffer_written_twice": Told("warning", "file table", ("writes", "flushes"), "breaks"),
    "buffer_read_ahead": Told("warning", "file lines", ("reads",), "breaks"),
    "offset_of_a_reader": Told("error", "file lines", ("moves", "reads"), "exposed"),
    "connection_of_the_parent": Told(
        "warning", "connection database", ("uses", "commits"), "clean"
    ),
    "stream_of_all": Told("note", "stream client", ("sends",), "clean"),
    "loop_of_the_parent": Told("note", "event loop loop", ("runs",), "clean"),
    "threads_beside_a_fork": Told("note", "thread waiter", ("forks",), "clean"),
}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the JSON report says of each program, by its name; one run for all of them."""
    import subprocess

    folder = tmp_path_factory.mktemp("forks")
    (folder / "test_it.py").write_text(PROGRAMS.read_text(encoding="utf-8"), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "-p", "no:cacheprovider"]
    command += ["--concurrency-stress", "--concurrency-json=report.json", *FAST]
    subprocess.run(command, cwd=folder, check=False, capture_output=True)
    document = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return {test["nodeid"].rpartition("::test_")[2]: test for test in document["tests"]}


@pytest.mark.parametrize("name", EXPECTED)
def test_the_hazard_is_named(found: dict[str, Any], name: str) -> None:
    expected, test = EXPECTED[name], found[name]
    (hazard,) = test["hazards"]
    assert hazard["kind"] == "fork-hazard"
    assert (hazard["severity"], hazard["location"]) == (expected.severity, expected.location)
    sources = [use["source"].partition("  # ")[2] for use in hazard["sites"]]
    assert tuple(dict.fromkeys(sources)) == expected.lines
    assert test["isolation"]["verdict"] == expected.verdict
    assert test["outcome"] == ("failed" if expected.severity == "error" else "passed")


def test_correct_programs_are_not_accused(found: dict[str, Any]) -> None:
    fine = {name: test for name, test in found.items() if name not in EXPECTED}
    assert len(fine) == 14
    assert [name for name in fine if not name.startswith("fine_")] == []
    assert {name: test["isolation"]["verdict"] for name, test in fine.items()} == dict.fromkeys(
        fine, "clean"
    )
    assert {name: test["hazards"] for name, test in fine.items() if test["hazards"]} == {}
