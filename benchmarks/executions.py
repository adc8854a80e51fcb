"""Executions per second of ``explore()``, beside those of a peer."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks.programs import PROGRAMS
from benchmarks.table import Row, rate, spread, target

STRATEGIES = ("random", "pct", "pos", "surw")
TARGETS = {"counter": 20, "accesses-36": 10}
"""How many times the executions of the peer's random strategy ours is to do."""


class Rate(NamedTuple):
    """Executions per second."""

    wall: float
    cpu: float


class Child:
    """A tool in a process of its own."""

    def __init__(self, tool: str, process: subprocess.Popen[str]) -> None:
        self._tool = tool
        self._process = process

    def rate(self, program: str, strategy: str, executions: int) -> Rate:
        """Explore a program under a strategy so many times."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([program, strategy, executions]) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError(f"{self._tool} ended while it explored {program}, see above")
        done, seconds, cpu_seconds = json.loads(answer)
        if done != executions:
            raise RuntimeError(f"{self._tool} explored {program} {done} times, not {executions}")
        return Rate(done / seconds, done / cpu_seconds)


@contextmanager
def child(tool: str) -> Iterator[Child]:
    """Start a process with a tool in it; the peer under its own wrapper."""
    command = [sys.executable, "-m", "benchmarks.child", tool]
    if tool == "frontrun":
        command.insert(0, str(_wrapper()))
    root = Path(__file__).parent.parent
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=root) as process:
        yield Child(tool, process)
        assert process.stdin is not None
        process.stdin.close()


def _wrapper() -> Path:
    return Path(sys.executable).parent / "frontrun"


def measure(quick: bool) -> Iterator[Row]:
    """Let the tools explore each program in turn, again and again."""
    with ExitStack() as stack:
        ours = stack.enter_context(child("pytest-concurrency"))
        peer = stack.enter_context(child("frontrun")) if _wrapper().exists() else None
        for program in PROGRAMS:
            yield from _rows(program, ours, peer, quick)


def _rows(program: str, ours: Child, peer: Child | None, quick: bool) -> Iterator[Row]:
    what = PROGRAMS[program]
    pairs, part = (2, 4) if quick else (9, 1)
    rates: dict[str, list[Rate]] = {strategy: [] for strategy in STRATEGIES}
    beside: list[Rate] = []
    for _ in range(pairs):
        for strategy in STRATEGIES:
            rates[strategy].append(ours.rate(program, strategy, what.executions // part))
        if peer is not None:
            beside.append(peer.rate(program, "random", what.peer_executions // part))
    for strategy, values in rates.items():
        title = f"explore: {what.title}, {strategy}"
        number = rate([one.wall for one in values])
        if beside:
            wanted = TARGETS.get(program) if strategy == "random" else None
            yield _compared(Row(title, number), values, beside, wanted)
        else:
            yield Row(title, number, "frontrun is not installed")


def _compared(row: Row, ours: list[Rate], peer: list[Rate], wanted: int | None) -> Row:
    pairs = list(zip(ours, peer, strict=True))
    ratios = [one.wall / other.wall for one, other in pairs]
    return replace(
        row,
        beside=f"frontrun random {rate([one.wall for one in peer])}",
        ratio=spread(ratios, unit="x"),
        cpu_ratio=spread([one.cpu / other.cpu for one, other in pairs], unit="x"),
        target=target(median(ratios) >= wanted, f">= {wanted}x") if wanted else "",
    )
