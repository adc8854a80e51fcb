"""Executions per second of ``explore()``, beside those of a peer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from statistics import median
from typing import NamedTuple

from benchmarks.asking import OURS, PEER, Child, has_peer
from benchmarks.programs import PROGRAMS
from benchmarks.table import Row, Table, compared, rate, spread, target

SAMPLING = ("random", "pct", "pos", "surw")
ENDING = ("systematic", "auto")
"""Strategies that are through with a small program before it can be measured."""
TARGETS = {("counter", "random"): 30, ("accesses-36", "auto"): 20}
"""How many times the executions of the peer's random strategy ours is to do."""


class Rate(NamedTuple):
    """Executions per second."""

    wall: float
    cpu: float


def measure(quick: bool) -> Table:
    """Let the tools explore each program in turn, again and again."""
    rows: list[Row] = []
    with Child(OURS) as ours, Child(PEER) as peer:
        for program in PROGRAMS:
            rows += _rows(program, ours, peer if has_peer() else None, quick)
    return compared(rows)


def _rows(program: str, ours: Child, peer: Child | None, quick: bool) -> Iterator[Row]:
    what = PROGRAMS[program]
    pairs, part = (2, 4) if quick else (5, 1)
    strategies = SAMPLING if what.is_small else SAMPLING + ENDING
    rates: dict[str, list[Rate]] = {strategy: [] for strategy in strategies}
    beside: list[Rate] = []
    for _ in range(pairs):
        for strategy in strategies:
            rates[strategy].append(_rate(ours, program, strategy, what.executions // part))
        if peer is not None:
            beside.append(_rate(peer, program, "random", what.peer_executions // part))
    for strategy, values in rates.items():
        row = Row(f"{what.title}: {strategy}", rate([one.wall for one in values]))
        if beside:
            yield _compared(row, values, beside, TARGETS.get((program, strategy)))
        else:
            yield replace(row, beside=f"{PEER} is not installed")


def _rate(tool: Child, program: str, strategy: str, executions: int) -> Rate:
    done, seconds, cpu_seconds = tool.ask("explore_often", program, strategy, executions)
    if done != executions:
        raise RuntimeError(f"{tool.tool}, {strategy}: {program} {done} times, not {executions}")
    return Rate(done / seconds, done / cpu_seconds)


def _compared(row: Row, ours: list[Rate], peer: list[Rate], wanted: int | None) -> Row:
    pairs = list(zip(ours, peer, strict=True))
    ratios = [one.wall / other.wall for one, other in pairs]
    return replace(
        row,
        beside=f"{PEER} random {rate([one.wall for one in peer])}",
        ratio=spread(ratios, unit="x"),
        cpu_ratio=spread([one.cpu / other.cpu for one, other in pairs], unit="x"),
        target=target(median(ratios) >= wanted, f">= {wanted}x") if wanted else "",
    )
