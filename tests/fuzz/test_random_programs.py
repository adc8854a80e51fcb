"""Random programs meet every strategy: nothing hangs, nothing breaks, every finding comes again.

``FUZZ=3000`` tries so many programs instead of the few of CI; ``FUZZ=3000 FUZZ_FIRST=500`` those
from seed 500 on. A failure names the seeds; ``python tests/fuzz/random_programs.py SEED`` prints
the program.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from time import monotonic
from types import ModuleType
from typing import Any

import pytest
from random_programs import source_of

from pytest_concurrency.api import _run_once, instrumentation_for
from pytest_concurrency.detect.observation import Execution, Observation
from pytest_concurrency.runtime.tasks.protocols import Strategy
from pytest_concurrency.search.bounded import search
from pytest_concurrency.search.execution.choices import Choices
from pytest_concurrency.search.execution.engine import exploring
from pytest_concurrency.search.execution.learning import Learning
from pytest_concurrency.search.explorer import Explorer
from pytest_concurrency.search.orders.replay import Replay
from pytest_concurrency.search.strategies import make
from pytest_concurrency.settings.strategies import STRATEGIES

NAMES = tuple(STRATEGIES)

PROGRAMS = int(os.environ.get("FUZZ", "20"))
FIRST = int(os.environ.get("FUZZ_FIRST", "0"))
AT_ONCE = 10
SCHEDULES = 20
LIMIT = 3000
"""Scheduling points: more than any of the programs needs that ends at all."""
SECONDS = 20.0
REPLAYS = 3

pytestmark = [
    pytest.mark.timeout(AT_ONCE * 3 * SECONDS),
    # Threads that the programs start die of exceptions.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning"),
]


@contextmanager
def program(seed: int, folder: Path) -> Iterator[ModuleType]:
    """Write the program to a file and import it."""
    name = f"random_program_{seed}"
    path = folder / name / f"{name}.py"
    path.parent.mkdir()
    path.write_text(source_of(seed), encoding="utf-8")
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
        yield module
    finally:
        del sys.modules[name]


class Watched:
    """Runs a program, and notes what must not happen in any execution."""

    def __init__(self, module: ModuleType) -> None:
        check = getattr(module, "check", None)
        self._run = partial(_run_once, module.setup, tuple(module.WORKERS), check)
        self.problems: set[str] = set()

    def __call__(self, strategy: Strategy, limit: int, record: bool, /) -> Observation:
        observation = self._run(strategy, limit, record)
        if observation.execution.leaked:
            self.problems.add("a thread could not be unwound")
        if observation.execution.outcome == "timeout":
            self.problems.add("an execution ran out of time")
        return observation


def problems_of(seed: int, folder: Path) -> Iterator[str]:
    """Explore one program; yield what is wrong with the exploration."""
    with program(seed, folder) as module:
        run = Watched(module)
        shown: list[Execution] = []
        learning = Learning()

        def token(execution: Execution) -> str:
            shown.append(execution)
            return "shown"

        explorer = Explorer(
            run,
            make(NAMES[seed % len(NAMES)], Choices(seed), learning),
            learning,
            limit=LIMIT,
            token=token,
            deadline=monotonic() + SECONDS,
        )
        started = monotonic()
        with exploring(instrumentation_for([module.setup]), SECONDS):
            found = search(explorer, SCHEDULES, more=None)
            for hazard in found.hazards:
                if "not deterministic" in hazard.note:
                    yield f"{hazard.kind}: {hazard.note}"
            for execution in shown:
                yield from differences(run, execution)
        if monotonic() - started > 2 * SECONDS:  # confirming goes on after the deadline
            yield "it took too long"
        yield from run.problems


def differences(run: Watched, execution: Execution) -> Iterator[str]:
    """Replay an execution; yield where a replay differs."""
    for number in range(REPLAYS):
        again = run(Replay(execution.schedule), LIMIT, False).execution
        told = f"replay {number + 1} of {execution.schedule.switches}"
        if again.outcome != execution.outcome:
            yield f"{told} ends with {again.outcome!r}, not {execution.outcome!r}"
            continue
        length = min(len(again.log), len(execution.log))
        if again.outcome != "step-limit" and len(again.log) != len(execution.log):
            yield f"{told} has {len(again.log)} steps, not {len(execution.log)}"
        parted = [n for n in range(length) if again.log[n] != execution.log[n]]
        if parted:
            yield f"{told} parts after {parted[0]} steps"


def reasons(seed: int, folder: Path) -> list[Any]:
    try:
        return list(problems_of(seed, folder))
    except Exception:
        return [traceback.format_exc()]


@pytest.mark.parametrize("first", range(FIRST, FIRST + PROGRAMS, AT_ONCE))
def test_random_programs(first, tmp_path):
    tried = {seed: reasons(seed, tmp_path) for seed in range(first, first + AT_ONCE)}
    bad = {seed: problems for seed, problems in tried.items() if problems}
    assert not bad, "\n".join(
        f"program {seed}: {problem}" for seed, problems in bad.items() for problem in problems
    )
