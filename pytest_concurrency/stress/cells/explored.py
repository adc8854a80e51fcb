"""The explored cell: many controlled schedules with so many threads."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from math import inf

import pytest

from pytest_concurrency import real_time as time
from pytest_concurrency.detect.observation import Execution, Observation
from pytest_concurrency.detect.outcomes.nothing_shared import NOTHING_SHARED
from pytest_concurrency.instrument.swap import Instrumentation
from pytest_concurrency.model import Cell, CellOutcome, CellResult, Schedule, Settings
from pytest_concurrency.runtime.tasks.protocols import Strategy
from pytest_concurrency.runtime.trace.event import site_number
from pytest_concurrency.runtime.trace.sites import SITES
from pytest_concurrency.search.bounded import MORE, Search, search
from pytest_concurrency.search.execution.choices import Choices
from pytest_concurrency.search.execution.engine import exploring, last_execution
from pytest_concurrency.search.execution.learning import Learning
from pytest_concurrency.search.execution.runner import Runner
from pytest_concurrency.search.explorer import Explorer
from pytest_concurrency.search.orders.call_by_call import Users
from pytest_concurrency.search.strategies import make
from pytest_concurrency.search.token import Token, fingerprint, source_fingerprint
from pytest_concurrency.settings.ignored import Accepts, never
from pytest_concurrency.settings.strategies import STRATEGIES
from pytest_concurrency.stress.cells.apart import DiedApart, run_apart
from pytest_concurrency.stress.cells.jobs import cpus, search_in_jobs
from pytest_concurrency.stress.cells.serial import SerialFacts
from pytest_concurrency.stress.cells.workload import Workload
from pytest_concurrency.stress.children.child import Progress
from pytest_concurrency.stress.children.in_child import WHERE

AGAIN = "a schedule that had failed in an earlier run was tried first, and fails again"
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
    until: float = inf
    """Of ``time.monotonic``: when one that only searches is cut off."""
    accepts: Accepts = never
    """Says which hazards may stay."""

    def workload(self) -> Workload:
        """Make the item runnable in this process."""
        facts = self.facts
        workload = Workload(self.item, facts.shape, own_fixtures=facts.own_fixtures)
        workload.threads_may_die = facts.threads_may_die
        workload.not_checked = facts.not_checked if not facts.own_fixtures else frozenset()
        return workload

    @property
    def users(self) -> Users:
        """The functions that use what is tested: those in the file of the test."""
        return Users(str(self.item.path), self.item.function.__qualname__)

    def ready(self) -> AbstractContextManager[None]:
        """Make this process ready to execute schedules."""
        return exploring(self.instrumentation, self.per_execution, self.until)

    def ready_between(self) -> AbstractContextManager[None]:
        """The same for several schedules; where each has a process of its own, it is made ready
        there.
        """
        return nullcontext() if self.facts.state_leaks else self.ready()

    def token_for(self, threads: int, execution: Execution) -> str:
        """Return the token that replays ``execution``."""
        return token_of(self.item.nodeid, Cell("explored", threads=threads), execution)


def token_of(nodeid: str, cell: Cell, execution: Execution) -> str:
    """Return the token that replays an execution of a test in this cell."""
    return Token(
        execution.schedule,
        cell.processes if cell.in_processes else cell.threads,
        fingerprint(nodeid),
        source_fingerprint(SITES[site_number(event)].path for event in execution.log),
        cell.in_processes,
    ).encode()


def explored_cell(
    exploration: Exploration,
    cell: Cell,
    settings: Settings,
    *,
    first: Sequence[Schedule] = (),
    deadline: float,
    on_progress: Progress,
    more: int = MORE,
) -> CellResult:
    """Search the schedules of one cell, those in ``first`` first, and ``more`` after the first
    hazard. To be called in a child process.
    """
    started = time.monotonic()
    failing = exploration.facts.failing
    known = (*first, *(() if failing is None else (failing,)))
    share = partial(_share, exploration, cell, settings, known, deadline, more)
    jobs = jobs_of(settings)
    if jobs == 1:
        found = share(0, None, on_progress)
    else:
        seconds = deadline - started + exploration.per_execution
        found = search_in_jobs(share, jobs, cell.threads, seconds, on_progress, more)
    covered = found.covered
    is_all = found.exhausted and settings.preemptions < 0
    is_calm = is_all and found.shares_nothing and not found.hazards
    return CellResult(
        cell,
        _outcome(found),
        found.executions,
        settings.schedules,
        len(found.interleavings),
        exhausted=found.exhausted,
        covered=covered.schedules if covered else 0,
        preemption_bound=covered.preemptions if covered and not is_all else -1,
        reduced=covered is not None and covered.is_reduced,
        strategy=settings.strategy,
        seconds=time.monotonic() - started,
        reason=found.reason,
        hazards=(*found.hazards, *found.warnings),
        notes=tuple(_notes(exploration, found, len(first))),
        shares_nothing=is_calm,
    )


def _outcome(found: Search) -> CellOutcome:
    """Nothing is said of a cell whose executions are too long: fewer than a tenth have fitted."""
    if any(hazard.is_error for hazard in found.hazards):
        return "hazard"
    told = found.too_long
    return "skipped" if told is not None and 10 * told.fitted < told.planned else "clean"


def _notes(exploration: Exploration, found: Search, known: int) -> Iterator[str]:
    if exploration.facts.state_leaks:
        yield LEAKS
    errors = (hazard for hazard in found.hazards if hazard.is_error)
    if any(hazard.schedule_index <= known for hazard in errors):
        yield AGAIN


def jobs_of(settings: Settings) -> int:
    """Return how many jobs search a cell."""
    if STRATEGIES[settings.strategy].in_one_job or not hasattr(os, "fork"):
        return 1  # one job's schedules follow from those before
    wanted = settings.jobs
    if not wanted:
        wanted = 1 if "PYTEST_XDIST_WORKER" in os.environ else len(cpus()) or 1
    return max(1, min(wanted, settings.schedules))


def _share(
    exploration: Exploration,
    cell: Cell,
    settings: Settings,
    first: Sequence[Schedule],
    deadline: float,
    more: int,
    job: int,
    is_over: Callable[[int], bool] | None,
    on_progress: Progress,
) -> Search:
    """Do the share of one job."""
    jobs = jobs_of(settings)
    schedules = settings.schedules // jobs + (job < settings.schedules % jobs)
    seed = (exploration.seed, cell.label, *(("job", job) if job else ()))
    choices, learning = Choices(*seed), Learning()
    bound = settings.preemptions if settings.preemptions >= 0 else None
    explorer = Explorer(
        runner(exploration, cell.threads, choices),
        make(
            settings.strategy,
            choices,
            learning,
            preemptions=bound,
            job=job + (settings.shard[0] - 1) * jobs,
            schedules=schedules,
        ),
        learning,
        limit=exploration.facts.step_limit,
        token=lambda execution: exploration.token_for(cell.threads, execution),
        deadline=deadline,
        accepts=exploration.accepts,
        preemptions=bound,
        users=exploration.users,
    )

    def progress(done: int) -> None:
        on_progress(f"{min(done * jobs, settings.schedules)}/{settings.schedules}")

    NOTHING_SHARED.begin()
    try:
        with exploration.ready_between():
            found = search(
                explorer,
                schedules,
                more=more,
                first=() if job else first,
                on_progress=progress,
                on_found=on_progress,
                is_over=is_over,
            )
        return replace(found, shares_nothing=NOTHING_SHARED.end())
    except DiedApart as death:
        hazards, reason = (*explorer.findings.hazards,), "time was up"
        if not death.is_unseen:
            hazards, reason = (*hazards, death.hazard(explorer.executions, cell.threads)), ""
        made = explorer.interleavings
        return Search(explorer.executions, hazards, 0.0, interleavings=made, reason=reason)
    except Exception as error:  # a mistake of ours
        with suppress(Exception):
            error.add_note(WHERE + exploration.token_for(cell.threads, last_execution()))
        raise


def runner(exploration: Exploration, threads: int, choices: Choices) -> Runner:
    """Return what executes the item, in a process of its own if its state outlives it."""
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
