"""A process with one tool in it, which explores on demand: ``python -m benchmarks.child TOOL``.

Reads one JSON request a line (program, strategy, count), answers each with executions, seconds and
CPU seconds: those of the whole call, with all that a tool does before the first and after the last
execution.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from time import perf_counter, process_time

from benchmarks.programs import PROGRAMS, Counter, Program, never_fails

Tool = Callable[[Program, str, int], int]
"""Explores a program under a strategy so many times; returns the executions done."""


def pytest_concurrency(program: Program, strategy: str, count: int) -> int:
    from pytest_concurrency import explore

    found = explore(
        setup=Counter,
        workers=[program.worker] * program.threads,
        check=never_fails,
        schedules=count,
        strategy=strategy,
        seed=1,
        stop_at_first=False,
    )
    return found.executions


def frontrun(program: Program, strategy: str, count: int) -> int:
    from frontrun import explore  # type: ignore[import-untyped]

    found = explore(
        setup=Counter,
        workers=program.worker,
        count=program.threads,
        invariant=never_fails,
        strategy=strategy,
        max_attempts=count,
        seed=1,
    )
    executions: int = found.num_explored
    return executions


TOOLS: dict[str, Tool] = {"pytest-concurrency": pytest_concurrency, "frontrun": frontrun}


def main(name: str) -> None:
    tool = TOOLS[name]
    for line in sys.stdin:
        program, strategy, count = json.loads(line)
        started, cpu_started = perf_counter(), process_time()
        executions = tool(PROGRAMS[program], strategy, count)
        seconds, cpu_seconds = perf_counter() - started, process_time() - cpu_started
        print(json.dumps([executions, seconds, cpu_seconds]), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
