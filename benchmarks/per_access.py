"""What one access costs: in plain code, in instrumented code, in an execution."""

from __future__ import annotations

from pathlib import Path
from statistics import median
from time import process_time

from benchmarks.explored import cpu_seconds
from benchmarks.programs import READS, Counter, read_often
from benchmarks.table import Row, Table, compared, spread
from pytest_concurrency.instrument.scope import Scope
from pytest_concurrency.instrument.swap import Instrumentation

_TIMES = 4


def measure(quick: bool) -> Table:
    """Read an attribute in the three ways in turn."""
    pairs = 5 if quick else 40
    instrumentation = Instrumentation(Scope([Path(__file__).parent]))
    instrumentation.prepare()
    plain, idle, explored = [], [], []
    for _ in range(pairs):
        plain.append(_nanoseconds())
        with instrumentation.swapped():
            idle.append(_nanoseconds())
        explored.append(cpu_seconds(read_often, _TIMES, Counter()) / READS * 1e9)
    return compared(
        [
            _row("outside an exploration", idle, plain),
            _row("in an execution, 1 thread", explored, plain),
        ]
    )


def _row(where: str, ours: list[float], plain: list[float]) -> Row:
    ratios = [one / other for one, other in zip(ours, plain, strict=True)]
    return Row(
        f"one attribute read: {where}",
        f"{median(ours):.0f} ns",
        f"original code {median(plain):.0f} ns",
        cpu_ratio=spread(ratios, unit="x"),
    )


def _nanoseconds() -> float:
    counter = Counter()
    started = process_time()
    for _ in range(_TIMES):
        read_often(counter)
    return (process_time() - started) / (_TIMES * READS) * 1e9
