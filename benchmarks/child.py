"""A process with one tool in it, which does what it is asked: ``python -m benchmarks.child TOOL``.

Reads one JSON request a line, the name of a question and its arguments, and answers each with one
line of JSON. Seconds are those of the whole call, with all that a tool does before the first and
after the last execution.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import threading
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from time import perf_counter, process_time
from types import ModuleType
from typing import Any, Protocol

from benchmarks.programs import PROGRAMS, Counter, Program, never_fails
from benchmarks.realistic import REALISTIC


class Tool(Protocol):
    """What can be asked of a tool."""

    def explore_often(self, program: Program, strategy: str, count: int) -> int:
        """Explore a program so many times, whatever it finds; return the executions done."""
        ...

    def first_bug(
        self, program: ModuleType, strategy: str, seed: int, schedules: int, seconds: float
    ) -> tuple[int, str]:
        """Return in which execution the first bug was found, or 0 and why none was."""
        ...


class PytestConcurrency:
    """Ours."""

    def explore_often(self, program: Program, strategy: str, count: int) -> int:
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

    def first_bug(
        self, program: ModuleType, strategy: str, seed: int, schedules: int, seconds: float
    ) -> tuple[int, str]:
        from pytest_concurrency import explore

        found = explore(
            program.setup,
            program.WORKERS,
            getattr(program, "check", None),
            schedules=schedules,
            strategy=strategy,
            seed=seed,
            seconds=seconds,
        )
        if not found.hazards:
            if found.exhausted:
                return 0, "exhausted"
            return 0, _not_found(found.executions, schedules)
        hazard = found.hazards[0]
        if hazard.kind not in program.EXPECT:
            return 0, f"other: {hazard.kind}"
        return hazard.schedule_index, ""


class Frontrun:
    """The peer."""

    def explore_often(self, program: Program, strategy: str, count: int) -> int:
        from frontrun import explore

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

    def first_bug(
        self, program: ModuleType, strategy: str, seed: int, schedules: int, seconds: float
    ) -> tuple[int, str]:
        from frontrun import explore

        found = explore(
            setup=program.setup,
            workers=program.WORKERS,
            invariant=_invariant(program),
            strategy=strategy,
            max_attempts=schedules,
            seed=seed,
            total_timeout=seconds,
            deadlock_timeout=seconds,  # its 5 s would be most of what some programs take
            timeout_per_run=seconds,
        )
        if found.property_holds is None:
            return 0, "inconclusive"
        if found.property_holds:
            return 0, _not_found(found.num_explored, schedules)
        return found.num_explored, ""


def _not_found(executions: int, schedules: int) -> str:
    return "not found" if executions >= schedules else "time was up"


def _invariant(program: ModuleType) -> Callable[[Any], bool]:
    """Return the program's check with our meaning of it: nothing returned is as good as True."""
    check = getattr(program, "check", None)
    return lambda state: check is None or check(state) in (None, True)


@lru_cache
def _load(path: str) -> ModuleType:
    """Import a program of the corpus."""
    name = f"corpus_{Path(path).stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _explore_often(tool: Tool, program: str, strategy: str, count: int) -> list[float]:
    started, cpu_started = perf_counter(), process_time()
    executions = tool.explore_often(PROGRAMS[program], strategy, count)
    return [executions, perf_counter() - started, process_time() - cpu_started]


def _explore_realistic(_: Tool, program: str, count: int) -> int:
    """Explore with our default strategy, without a check; return the executions done."""
    from pytest_concurrency import explore

    what = REALISTIC[program]
    what.setup()  # what it imports is instrumented from the first time on
    found = explore(
        what.setup,
        [what.worker] * 2,
        schedules=count,
        seed=1,
        stop_at_first=False,
        seconds=600,
        source=what.source,
    )
    return found.executions


def _first_bug(tool: Tool, path: str, *arguments: Any) -> list[float | str]:
    program = _load(path)
    started = perf_counter()
    try:
        schedules, why_not = tool.first_bug(program, *arguments)
    except Exception as error:
        schedules, why_not = 0, f"raised {type(error).__name__}"
    return [schedules, perf_counter() - started, why_not]


TOOLS: dict[str, Callable[[], Tool]] = {
    "pytest-concurrency": PytestConcurrency,
    "frontrun": Frontrun,
}
QUESTIONS: dict[str, Callable[..., Any]] = {
    "explore_often": _explore_often,
    "explore_realistic": _explore_realistic,
    "first_bug": _first_bug,
}


def main(name: str) -> None:
    threading.excepthook = lambda _: None  # threads that die are what some programs show
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what programs print is no answer
    tool = TOOLS[name]()
    for line in sys.stdin:
        question, *arguments = json.loads(line)
        print(json.dumps(QUESTIONS[question](tool, *arguments)), file=answers, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
