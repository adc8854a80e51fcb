"""Whole pytest re-runs per second: fresh function fixtures for each schedule, two threads."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from threading import Thread
from time import perf_counter

from benchmarks.neighbours import neighbours_off
from benchmarks.rerun_project.test_counter import LockedCounter
from benchmarks.table import Row, Table, compared, rate, spread, target

TARGET = 1000
_PROJECT = Path(__file__).parent / "rerun_project"


def measure(quick: bool) -> Table:
    """Stress tests of three kinds, and run the body of the first in a plain loop, in turn."""
    pairs, schedules = (2, 400) if quick else (5, 2000)
    kinds: dict[str, tuple[str, list[str], int]] = {
        "no other plugin": ("test_counter", neighbours_off(), schedules),
        "all that is installed": ("test_counter", [], schedules),
        "the test starts its threads": ("test_own_threads", neighbours_off(), schedules // 2),
        "its state outlives it": ("test_state_stays", neighbours_off(), schedules // 40),
    }
    rates: dict[str, list[float]] = {kind: [] for kind in kinds}
    loop: list[float] = []
    for _ in range(pairs):
        for kind, (test, options, count) in kinds.items():
            rates[kind].append(stressed(count, options, test))
        loop.append(_plain_loop(schedules))
    first = median(rates["no other plugin"])
    wanted = {"no other plugin": target(first >= TARGET, f">= {TARGET:,}/s")}
    return compared([_row(kind, ours, loop, wanted.get(kind, "")) for kind, ours in rates.items()])


def _row(kind: str, ours: list[float], loop: list[float], wanted: str) -> Row:
    ratios = [one / other for one, other in zip(ours, loop, strict=True)]
    return Row(
        f"pytest re-run, 2 threads: {kind}",
        rate(ours),
        f"loop with 2 new threads {rate(loop)}",
        spread(ratios, ".2f", "x"),
        target=wanted,
    )


def stressed(schedules: int, options: list[str], test: str = "test_counter") -> float:
    """Return the schedules per second of a test's explored cell. The strategy is one that never
    ends: a systematic search of such a test would soon be through.
    """
    with TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [
            sys.executable,
            "-m",
            "pytest",
            f"test_counter.py::{test}",
            "-q",
            "-p",
            "no:cacheprovider",
        ]
        command += [*options, "--concurrency-stress", f"--concurrency-json={report}"]
        command += [f"--concurrency-schedules={schedules}", "--concurrency-runs=0"]
        command += ["--concurrency-threads=2", "--concurrency-strategy=random"]
        done = subprocess.run(command, cwd=_PROJECT, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"the stressed test failed:\n{done.stdout}{done.stderr}")
        cells = json.loads(report.read_text())["tests"][0]["cells"]
    (cell,) = [cell for cell in cells if cell["kind"] == "explored"]
    if cell["schedules"] != schedules:
        raise RuntimeError(f"the search ended early: {cell}")
    seconds: float = cell["seconds"]
    return schedules / seconds


def _plain_loop(rounds: int) -> float:
    """Do the same without pytest and without a scheduler: state, two threads, their end."""
    started = perf_counter()
    for _ in range(rounds):
        counter = LockedCounter()
        threads = [Thread(target=counter.increment) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return rounds / (perf_counter() - started)
