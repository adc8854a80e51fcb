"""The explored cell of processes: schedules of their touches of the outside, searched like those of
threads.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, field

from pytest_concurrency import real_time as time
from pytest_concurrency.detect.detector import Detector
from pytest_concurrency.detect.hazards.deadlock import Deadlocks
from pytest_concurrency.detect.hazards.failure import Failures
from pytest_concurrency.detect.hazards.lost_update import Lines, LostUpdates
from pytest_concurrency.detect.hazards.no_progress import NoProgress
from pytest_concurrency.detect.hazards.time_out import TimeOuts
from pytest_concurrency.detect.observation import Execution, Failure, Observation
from pytest_concurrency.kinds import CRASH, TEST_FAILURE, TIMEOUT, HazardKind
from pytest_concurrency.model import Cell, CellResult, Schedule, Settings
from pytest_concurrency.runtime.system.cpu import one_cpu
from pytest_concurrency.runtime.tasks.protocols import Strategy
from pytest_concurrency.search.bounded import search
from pytest_concurrency.search.execution.choices import Choices
from pytest_concurrency.search.execution.engine import MOST_POINTS
from pytest_concurrency.search.execution.learning import Learning
from pytest_concurrency.search.explorer import Explorer
from pytest_concurrency.settings.ignored import Accepts, never
from pytest_concurrency.stress.cells.explored import AGAIN
from pytest_concurrency.stress.children.child import Progress
from pytest_concurrency.stress.conducted.conductor import Conductor
from pytest_concurrency.stress.conducted.ranked import Hope, ThenWalks, hope_of, walks
from pytest_concurrency.stress.conducted.wording import of_processes
from pytest_concurrency.stress.item.outcomes import CopyOutcome, merge
from pytest_concurrency.stress.processes.process_run import ProcessOutcome
from pytest_concurrency.stress.processes.turns import Conducted, Way

_FEWER = 4
"""A schedule of processes takes as long as many of threads: so many times fewer are run."""
_MORE = 10
"""Schedules after the first hazard."""


def detectors(flowing: Set[Lines]) -> tuple[Detector, ...]:
    """Return who judges executions of processes: of what they do in memory nothing is known."""
    return (Deadlocks(), NoProgress(), TimeOuts(), LostUpdates(flowing), Failures())


@dataclass(frozen=True, slots=True)
class ProcessRunner:
    """Runs a test once with its processes under a strategy."""

    run_once: Callable[[Way], ProcessOutcome | None]
    """None: its time was up."""
    hope: Hope = field(default_factory=dict)
    """Learnt from the first execution."""

    def __call__(self, strategy: Strategy, limit: int, record: bool) -> Observation:
        """Execute once."""
        conductor = Conductor(strategy, limit, in_full=record)
        outcome = self.run_once(Conducted(conductor))
        execution = conductor.execution()
        if outcome is None:
            execution.outcome = "cut"
        if not self.hope:
            self.hope.update(hope_of(conductor.touches))
        failure = None if outcome is None else _failure_of(execution, outcome)
        observation = Observation(execution, failure)
        if record:
            observation.accesses = conductor.written.accesses
            observation.contents = conductor.written.contents
        return observation


def _failure_of(execution: Execution, outcome: ProcessOutcome) -> Failure | None:
    if execution.outcome:
        return None
    workers = merge(outcome.workers, noun="process")
    worst = workers if workers.is_bad else outcome.test
    return _failure(worst) if worst.is_bad else None


_KINDS: dict[str, HazardKind] = {"crashed": CRASH, "timeout": TIMEOUT}


def _failure(outcome: CopyOutcome) -> Failure:
    kind = _KINDS.get(outcome.status, TEST_FAILURE)
    message, stack = outcome.message, outcome.stack
    return Failure(message, outcome.traceback, kind, outcome.kind, outcome.location, stack)


@dataclass(frozen=True, slots=True)
class ProcessSearch:
    """What the search of one cell needs."""

    run_once: Callable[[Way], ProcessOutcome | None]
    seed: str
    token: Callable[[Execution], str]
    deadline: float
    """Of ``time.monotonic``."""
    flowing: Set[Lines] = frozenset()
    """Lines between which threads have lost updates."""
    accepts: Accepts = never
    walks_only: bool = False
    """What is systematic is done elsewhere."""

    def explorer(self, cell: Cell, preemptions: int | None) -> Explorer:
        """Return what executes schedules, and judges them."""
        choices, learning = Choices(self.seed, cell.label), Learning()
        runner = ProcessRunner(self.run_once)
        strategy = (
            walks(choices, learning)
            if self.walks_only
            else ThenWalks(choices, learning, runner.hope, preemptions)
        )
        return Explorer(
            runner,
            strategy,
            learning,
            limit=MOST_POINTS,
            token=self.token,
            deadline=self.deadline,
            accepts=self.accepts,
            preemptions=preemptions,
            detectors=detectors(self.flowing),
        )


def explored_processes(
    searched: ProcessSearch,
    cell: Cell,
    settings: Settings,
    *,
    first: Sequence[Schedule] = (),
    on_progress: Progress = lambda told: None,
) -> CellResult:
    """Search the schedules of the processes of one cell, those in ``first`` first. To be called in
    a child process."""
    started = time.monotonic()
    bound = settings.preemptions if settings.preemptions >= 0 else None
    schedules = max(settings.schedules // _FEWER, 1)
    explorer = searched.explorer(cell, bound)
    with one_cpu():
        found = search(
            explorer,
            schedules,
            more=_MORE,
            first=first,
            on_progress=lambda done: on_progress(f"{done}/{schedules}"),
            on_found=lambda hazard: on_progress(of_processes(hazard)),
        )
    hazards = tuple(map(of_processes, (*found.hazards, *found.warnings)))
    covered = found.covered
    errors = [hazard for hazard in hazards if hazard.is_error]
    is_again = any(hazard.schedule_index <= len(first) for hazard in errors)
    return CellResult(
        cell,
        "hazard" if errors else "clean",
        found.executions,
        schedules,
        len(found.interleavings),
        exhausted=found.exhausted,
        covered=covered.schedules if covered else 0,
        preemption_bound=covered.preemptions if covered else -1,
        strategy=ThenWalks.name,
        seconds=time.monotonic() - started,
        reason=found.reason,
        hazards=hazards,
        control="clean",
        notes=(AGAIN,) if is_again else (),
    )
