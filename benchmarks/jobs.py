"""Whole pytest re-runs per second with two jobs, beside one."""

from __future__ import annotations

from statistics import median

from benchmarks.neighbours import neighbours_off
from benchmarks.rerun import stressed
from benchmarks.table import Row, Table, compared, rate, spread, target

TARGET = 1.7


def measure(quick: bool) -> Table:
    """Stress the project's one test with one job and with two, in turn."""
    pairs, schedules = (2, 1500) if quick else (4, 4000)
    rates: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(pairs):
        for jobs, found in rates.items():
            found.append(stressed(schedules, [*neighbours_off(), f"--concurrency-jobs={jobs}"]))
    ratios = [two / one for one, two in zip(*rates.values(), strict=True)]
    row = Row(
        "pytest re-run, fixture, 2 threads: 2 jobs",
        rate(rates[2]),
        f"1 job {rate(rates[1])}",
        spread(ratios, ".2f", "x"),
        target=target(median(ratios) >= TARGET, f">= {TARGET}x"),
    )
    return compared([row])
