"""What an exhausted search has met is all that can happen: an independent model says the same.

``FUZZ=5000 pytest tests/fuzz/test_modelled_outcomes.py`` tries so many programs instead of the few
of CI;
``FUZZ_FIRST=500`` begins with seed 500. A failure names the seeds;
``python tests/fuzz/modelled_programs.py SEED`` prints the program.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from loading import load_module
from modelled_programs import program_of
from outcome_model import Outcome, TooManyStatesError, outcomes_of

from pytest_concurrency.instrument.scope import Scope
from pytest_concurrency.instrument.swap import Instrumentation
from pytest_concurrency.runtime.scheduler.baton import baton
from pytest_concurrency.search.execution.choices import Choices
from pytest_concurrency.search.execution.engine import execute, exploring, run_copies
from pytest_concurrency.search.execution.learning import Learning
from pytest_concurrency.search.strategies import make

PROGRAMS = int(os.environ.get("FUZZ", "50"))
FIRST = int(os.environ.get("FUZZ_FIRST", "0"))
AT_ONCE = 50
MOST = 1500
"""Schedules: of a program that has more, only some are run."""

pytestmark = pytest.mark.timeout(AT_ONCE * 30)


class Watched:
    """Runs a program, and notes how each execution ended."""

    def __init__(self, module: ModuleType, strategy: str) -> None:
        self._module = module
        self._strategy = strategy
        self.state: Any = None
        self.met: set[Outcome] = set()
        self.is_complete = False
        self.executions = 0

    def _look(self, end: str) -> Outcome:
        state = self.state
        return (end, tuple(map(tuple, state.seen)), state.x, state.y)

    def search(self, instrumentation: Instrumentation) -> None:
        """Run all that the strategy has to run, or as much as there is room for."""
        learning = Learning()
        strategy = make(self._strategy, Choices(0), learning, schedules=MOST)
        stuck: list[Outcome] = []
        with exploring(instrumentation, 10):
            # What the program does while it is unwound is no part of the outcome.
            watching = baton.terms._replace(snapshot=lambda _: stuck.append(self._look("stuck")))
            baton.terms = watching
            while not strategy.finished and self.executions < MOST:
                self.state = self._module.State()
                jobs = [lambda f=f: f(self.state) for f in self._module.WORKERS]
                strategy.prepare()
                execution = execute(strategy, lambda jobs=jobs: run_copies(jobs), 3000)
                assert execution.outcome in ("", "deadlock"), execution.outcome
                self.met.add(stuck.pop() if execution.outcome else self._look("end"))
                learning.note(execution.log, execution.noted)
                strategy.learn(execution)
                self.executions += 1
        self.is_complete = strategy.finished and strategy.covered is not None


def problems_of(
    seed: int, folder: Path, instrumentation: Instrumentation, strategy: str
) -> str | None:
    """Compare; None if nothing can be said, else what is wrong (empty: nothing)."""
    program = program_of(seed)
    try:
        expected = outcomes_of(program)
    except TooManyStatesError:
        return None
    name = f"modelled_{strategy}_{seed}"
    path = folder / f"{name}.py"
    path.write_text(program.source)
    try:
        watched = Watched(load_module(name, path), strategy)
        instrumentation.prepare()
        watched.search(instrumentation)
    finally:
        del sys.modules[name]
    if watched.met - expected:
        return f"impossible: {min(watched.met - expected)}"
    if not watched.is_complete:
        return None
    if expected - watched.met:
        return f"not met in {watched.executions} schedules: {min(expected - watched.met, key=str)}"
    return ""


@pytest.mark.parametrize("strategy", ["systematic", "dpor", "auto"])
@pytest.mark.parametrize("first", range(FIRST, FIRST + PROGRAMS, AT_ONCE))
def test_all_outcomes_are_met(first: int, strategy: str, tmp_path: Path) -> None:
    # Not the folder of the tests: what looks at an execution is no part of it.
    instrumentation = Instrumentation(Scope(frozenset({tmp_path})))
    seeds = range(first, first + AT_ONCE)
    found = {seed: problems_of(seed, tmp_path, instrumentation, strategy) for seed in seeds}
    bad = {seed: problem for seed, problem in found.items() if problem}
    assert not bad, "\n".join(f"program {seed}: {problem}" for seed, problem in bad.items())
    judged = sum(problem is not None for problem in found.values())
    assert judged > AT_ONCE // 2
