"""What one access costs: in plain code, in instrumented code, in an exploration."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from statistics import median
from time import perf_counter

from benchmarks.programs import READS, Counter, read_often
from benchmarks.table import Row, spread
from pytest_concurrency import explore
from pytest_concurrency.instrument.scope import Scope
from pytest_concurrency.instrument.swap import Instrumentation


def measure(quick: bool) -> Iterator[Row]:
    """Read an attribute in the three ways in turn."""
    pairs = 5 if quick else 40
    instrumentation = Instrumentation(Scope([Path(__file__).parent]))
    instrumentation.prepare()
    plain, idle, explored = [], [], []
    for _ in range(pairs):
        plain.append(_nanoseconds())
        with instrumentation.swapped():
            idle.append(_nanoseconds())
        explored.append(_nanoseconds_explored())
    yield _row("outside an exploration", idle, plain)
    yield _row("in an exploration, 1 thread", explored, plain)


def _row(where: str, ours: list[float], plain: list[float]) -> Row:
    ratios = [one / other for one, other in zip(ours, plain, strict=True)]
    return Row(
        f"one attribute read: {where}",
        f"{median(ours):.0f} ns",
        f"original code {median(plain):.0f} ns",
        spread(ratios, unit="x"),
    )


def _nanoseconds() -> float:
    counter = Counter()
    started = perf_counter()
    for _ in range(4):
        read_often(counter)
    return (perf_counter() - started) / (4 * READS) * 1e9


def _nanoseconds_explored() -> float:
    """Compare two lengths of one exploration: what does not grow with the executions falls out."""
    few, many = (
        explore(setup=Counter, workers=[read_often], schedules=count, strategy="random")
        for count in (1, 5)
    )
    return (many.seconds - few.seconds) / (4 * READS) * 1e9
