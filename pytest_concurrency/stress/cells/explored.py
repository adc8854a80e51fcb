"""The explored cell: many controlled schedules with so many threads."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from itertools import count

import pytest

from pytest_concurrency.instrument.swap import Instrumentation
from pytest_concurrency.model import Cell, CellResult, Hazard, Settings
from pytest_concurrency.runtime.sites import SITES
from pytest_concurrency.runtime.task import Strategy
from pytest_concurrency.search.choices import Choices
from pytest_concurrency.search.engine import Execution, exploring
from pytest_concurrency.search.explorer import Explorer, Observation, search
from pytest_concurrency.search.explorer import Workload as Runner
from pytest_concurrency.search.learning import Learning
from pytest_concurrency.search.strategies import make
from pytest_concurrency.search.token import Token, fingerprint, source_fingerprint
from pytest_concurrency.stress.apart import DiedApart, run_apart
from pytest_concurrency.stress.cells.serial import SerialFacts
from pytest_concurrency.stress.workload import Workload

LEAKS = "the test changes state that outlives it: each schedule ran in a process of its own"


@dataclass(frozen=True, slots=True)
class Exploration:
    """Everything an explored cell needs; made in the parent, used in the child."""

    item: pytest.Function
    instrumentation: Instrumentation
    facts: SerialFacts
    seed: str
    per_execution: float
    """Seconds that one execution may take."""

    def workload(self) -> Workload:
        """Make the item runnable in this process."""
        workload = Workload(self.item, self.facts.shape)
        workload.threads_may_die = self.facts.threads_may_die
        return workload

    def ready(self) -> AbstractContextManager[None]:
        """Make this process ready to execute schedules."""
        return exploring(self.instrumentation, self.per_execution)

    def token_for(self, threads: int, execution: Execution) -> str:
        """Return the token that replays ``execution``."""
        return Token(
            execution.schedule,
            threads,
            fingerprint(self.item.nodeid),
            source_fingerprint(SITES[event[1]].path for event in execution.log),
        ).encode()


def explored_cell(
    exploration: Exploration,
    cell: Cell,
    settings: Settings,
    *,
    deadline: float,
    on_progress: Callable[[str], None],
) -> CellResult:
    """Search the schedules of one cell. To be called in a child process."""
    started = time.monotonic()
    leaks = exploration.facts.state_leaks
    choices, learning = Choices(exploration.seed, cell.label), Learning()
    explorer = Explorer(
        _runner(exploration, cell.threads, choices),
        make(settings.strategy, choices, learning),
        learning,
        limit=exploration.facts.step_limit,
        token=lambda execution: exploration.token_for(cell.threads, execution),
        deadline=deadline,
    )

    def progress(done: int) -> None:
        on_progress(f"{done}/{settings.schedules}")

    ready = nullcontext() if leaks else exploration.ready()
    hazards: tuple[Hazard, ...]
    try:
        with ready:
            found = search(explorer, settings.schedules, on_progress=progress)
        hazards, reason = found.hazards, found.reason
    except DiedApart as death:
        hazards, reason = (death.hazard(explorer.executions, cell.threads),), ""
    return CellResult(
        cell,
        "hazard" if hazards else "clean",
        explorer.executions,
        settings.schedules,
        explorer.distinct,
        strategy=settings.strategy,
        seconds=time.monotonic() - started,
        reason=reason,
        hazards=hazards,
        notes=(LEAKS,) if leaks else (),
    )


def _runner(exploration: Exploration, threads: int, choices: Choices) -> Runner:
    if not exploration.facts.state_leaks:
        workload = exploration.workload()
        return lambda strategy, limit, record: workload.explore(threads, strategy, limit, record)

    processes = count(1)

    def run(strategy: Strategy, limit: int, record: bool) -> Observation:
        # What is drawn in a process of its own is lost: each one starts from its number.
        choices.jump(next(processes))

        def explore_here() -> Observation:
            with exploration.ready():
                return exploration.workload().explore(threads, strategy, limit, record)

        return run_apart(explore_here, exploration.per_execution)

    return run
