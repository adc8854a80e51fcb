"""What a suite of small marked tests costs with default settings, a test: CPU time of pytest and of
all its processes, over a run without stress.

Half of the tests share nothing. By the clock it would be what the machine does besides.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.neighbours import neighbours_off
from benchmarks.table import Row, Table, compared, spread, target

TARGET_MILLISECONDS = 350
_PROJECT = Path(__file__).parent / "small_tests_project"
_FILES = {"share nothing": "test_alone.py", "share something": "test_shared.py"}
_RACY = 6
"""Tests that fail under stress: they are there so that something is found."""


def measure(quick: bool) -> Table:
    """Run both halves, with and without stress, in turn."""
    costs: dict[str, list[float]] = {kind: [] for kind in _FILES}
    _cpu_seconds("test_alone.py")  # what is compiled once is there from now on
    for _ in range(1 if quick else 3):
        for kind, file in _FILES.items():
            plain, _ = _cpu_seconds(file)
            stressed, tests = _cpu_seconds(file, "--concurrency-stress")
            costs[kind].append((stressed - plain) / tests * 1000)
    both = [sum(pair) / len(pair) for pair in zip(*costs.values(), strict=True)]
    rows = [Row(f"small tests that {kind}", spread(c, ".0f", " ms")) for kind, c in costs.items()]
    wanted = f"<= {TARGET_MILLISECONDS} ms CPU"
    met = target(median(both) <= TARGET_MILLISECONDS, wanted)
    rows.append(Row("small tests, a half each", spread(both, ".0f", " ms"), target=met))
    return compared(rows)


def _cpu_seconds(file: str, *options: str) -> tuple[float, int]:
    """Return the CPU seconds of a run, and how many tests were stressed in it."""
    with TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [sys.executable, "-m", "pytest", file, "-q", "-p", "no:cacheprovider"]
        command += [*neighbours_off(), *options]
        command += [f"--concurrency-json={report}"] if options else []
        before = _of_children()
        done = subprocess.run(command, cwd=_PROJECT, capture_output=True, text=True)
        took = _of_children() - before
        tests = json.loads(report.read_text())["tests"] if options else []
    failed = sum(each["outcome"] == "failed" for each in tests)
    if failed != (_RACY if options and file == "test_shared.py" else 0):
        raise RuntimeError(f"{failed} tests failed:\n{done.stdout}{done.stderr}")
    return took, len(tests)


def _of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
