"""What instrumentation costs a program that computes: at rest, and in an execution."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import process_time

from benchmarks.computing import PROGRAMS
from benchmarks.explored import cpu_seconds
from benchmarks.table import Row, Table, compared, spread
from pytest_concurrency.instrument.scope import Scope
from pytest_concurrency.instrument.swap import Instrumentation

_TIMES = 4


def measure(quick: bool) -> Table:
    """Run each program in the three ways in turn."""
    pairs = 3 if quick else 25
    instrumentation = Instrumentation(Scope([Path(__file__).parent]))
    instrumentation.prepare()
    rows: list[Row] = []
    for title, program in PROGRAMS.items():
        plain, idle, explored = [], [], []
        for _ in range(pairs):
            plain.append(_milliseconds(program))
            with instrumentation.swapped():
                idle.append(_milliseconds(program))
            explored.append(cpu_seconds(program, _TIMES, None) * 1e3)
        rows.append(_row(f"{title}: instrumented", idle, plain))
        rows.append(_row(f"{title}: in an execution, 1 thread", explored, plain))
    return compared(rows)


def _row(what: str, ours: list[float], plain: list[float]) -> Row:
    ratios = [one / other for one, other in zip(ours, plain, strict=True)]
    return Row(
        what,
        f"{median(ours):.1f} ms",
        f"original code {median(plain):.1f} ms",
        cpu_ratio=spread(ratios, unit="x"),
    )


def _milliseconds(program: Callable[[object], object]) -> float:
    started = process_time()
    for _ in range(_TIMES):
        program(None)
    return (process_time() - started) / _TIMES * 1e3
