"""Whole pytest re-runs per second: fresh function fixtures for each schedule, two threads."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from threading import Thread
from time import perf_counter

from benchmarks.neighbours import neighbours_off
from benchmarks.rerun_project.test_counter import LockedCounter
from benchmarks.table import Row, rate, spread, target

TARGET = 800
_PROJECT = Path(__file__).parent / "rerun_project"


def measure(quick: bool) -> Iterator[Row]:
    """Stress the project's one test, and run its body in a plain loop, in turn."""
    pairs, schedules = (2, 400) if quick else (7, 2000)
    alone: list[float] = []
    among_neighbours: list[float] = []
    loop: list[float] = []
    for _ in range(pairs):
        alone.append(_stressed(schedules, neighbours_off()))
        among_neighbours.append(_stressed(schedules, []))
        loop.append(_plain_loop(schedules))
    yield _row("no other plugin", alone, loop, target(median(alone) >= TARGET, f">= {TARGET}/s"))
    yield _row("all that is installed", among_neighbours, loop)


def _row(plugins: str, ours: list[float], loop: list[float], wanted: str = "") -> Row:
    ratios = [one / other for one, other in zip(ours, loop, strict=True)]
    return Row(
        f"pytest re-run, fixture, 2 threads: {plugins}",
        rate(ours),
        f"loop with 2 new threads {rate(loop)}",
        spread(ratios, ".2f", "x"),
        target=wanted,
    )


def _stressed(schedules: int, options: list[str]) -> float:
    """Return the schedules per second of the explored cell."""
    with TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options]
        command += ["--concurrency-stress", f"--concurrency-json={report}"]
        command += [f"--concurrency-schedules={schedules}", "--concurrency-runs=0"]
        command += ["--concurrency-threads=2"]
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
