"""Searches the schedules of one workload: execute, look, confirm, shorten, report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice, permutations
from typing import NamedTuple

from pytest_concurrency.detect.effects import Serial, serial_of
from pytest_concurrency.detect.through_calls import Doubts
from pytest_concurrency.kinds import TIMEOUT
from pytest_concurrency.model import Hazard, Schedule
from pytest_concurrency.real_time import monotonic
from pytest_concurrency.runtime.scheduler.protocols import Strategy
from pytest_concurrency.search.describe.blame import guilty
from pytest_concurrency.search.describe.endless import LEAST_LIMIT, LIMIT_PER_STEP, fair_end
from pytest_concurrency.search.describe.evidence import describe, describe_leak
from pytest_concurrency.search.execution.choices import Choices
from pytest_concurrency.search.execution.comparison import is_same, parted, runs_alike
from pytest_concurrency.search.execution.completeness import may_be_complete
from pytest_concurrency.search.execution.engine import Execution, start_round
from pytest_concurrency.search.execution.learning import Learning
from pytest_concurrency.search.execution.observation import Observation, Suspect, Workload, look
from pytest_concurrency.search.execution.strategy import Covered, SearchStrategy
from pytest_concurrency.search.findings import Findings
from pytest_concurrency.search.orders.in_order import InOrder
from pytest_concurrency.search.orders.replay import Replay
from pytest_concurrency.search.shrinking import shortened
from pytest_concurrency.search.strategies.systematic import Systematic

MORE = 200
"""Schedules that a cell is searched for after its first hazard: a default run's whole number."""
LEAST_MORE = 1.0
"""Seconds that this may take in any case."""
_LEAST_SHORTENING = 2.0
"""Seconds that shortening one schedule may take in any case; beyond, as long as the search before.
"""
_SERIAL_ORDERS = 6
"""Orders of the threads in which a program is run one after another: all of three threads."""


class TooLong(NamedTuple):
    """An execution went on when its time was up, which is no hang."""

    points: int
    fitted: int
    """Executions before it."""
    planned: int

    def __str__(self) -> str:
        fitted = f"{self.fitted:,} of {self.planned:,} schedules fitted"
        return f"too long: {self.points:,} points, {fitted}"


@dataclass(frozen=True, slots=True)
class Search:
    """What a search found."""

    executions: int
    hazards: tuple[Hazard, ...]
    seconds: float
    reason: str = ""
    """Why it ended before so many schedules were run as were asked for."""
    too_long: TooLong | None = None
    """If that is the reason."""
    exhausted: bool = False
    """Whether there is no other schedule (within the bound on preemptions)."""
    covered: Covered | None = None
    """What has been run without a gap."""
    interleavings: Mapping[int, int] = field(default_factory=dict)
    """Fingerprints of the different interleavings seen, with the number of the execution that was
    the first. They mean the same in processes that were forked from one.
    """
    warnings: tuple[Hazard, ...] = ()
    """What does not end a search, nor fail a test: threads left behind."""


class Explorer:
    """One search over the schedules of one workload."""

    def __init__(
        self,
        run: Workload,
        strategy: SearchStrategy,
        learning: Learning,
        *,
        limit: int,
        token: Callable[[Execution], str],
        deadline: float,
    ) -> None:
        self._run = run
        self.strategy = strategy
        self._learning = learning
        self._limit = limit
        self._token = token
        self.deadline = deadline
        """Of ``time.monotonic``; a hazard in hand is still confirmed after it, but not
        shortened.
        """
        self.findings = Findings()
        self._started = monotonic()
        self._doubts = Doubts()
        self._leaks: dict[object, Hazard] = {}
        self._seen: dict[int, int] = {}
        self._serials: list[Serial] | None = None
        """What serial orders do; None: not known yet."""
        self.executions = 0
        self.too_long = 0
        """Scheduling points of the last execution if its time was up while it went on; else 0."""

    @property
    def interleavings(self) -> dict[int, int]:
        """Fingerprints of the different interleavings seen, and the number of the execution."""
        return self._seen

    def next_suspect(self) -> Suspect | None:
        """Execute once more; return what looks like a hazard."""
        self.strategy.prepare()
        observation = self._execute(self.strategy, self._limit)
        suspect = self._judge(observation)
        self.strategy.learn(observation.execution)
        return suspect

    def try_again(self, schedule: Schedule) -> Suspect | None:
        """Execute a schedule known from before; return what looks like a hazard."""
        observation = self._execute(Replay(schedule), self._limit)
        return self._judge(observation, is_due=lambda sites: True)

    def _execute(
        self, strategy: Strategy, limit: int, *, record: bool = False, goes_on: bool = False
    ) -> Observation:
        start_round(is_brief=not record, goes_on=goes_on)
        return self._run(strategy, limit, record)

    def _judge(
        self, observation: Observation, is_due: Callable[[tuple[int, int]], bool] | None = None
    ) -> Suspect | None:
        self.executions += 1
        execution = observation.execution
        if execution.leaks and observation.failure is None:
            self._note_leaks(execution)
        if self.executions == 1 and not execution.outcome:
            enough = max(LEAST_LIMIT, LIMIT_PER_STEP * execution.steps)
            self._limit = min(self._limit, enough)
        signature = hash(tuple(execution.log))
        is_new = signature not in self._seen
        if is_new:
            self._seen[signature] = self.executions
            self._learning.note(execution.log)
        if is_new or observation.failure is not None or execution.outcome:
            known = self.findings.explained(observation)
            suspect = look(observation, known=known, is_due=is_due or self._doubts.is_due)
            self.too_long = execution.steps if execution.outcome == "too-long" else 0
            if suspect is not None and self._ends(suspect):
                return None
            is_lost = suspect is not None and suspect.lost_update is not None
            return self._looked_again(suspect) if suspect is not None and is_lost else suspect
        return None  # judged before

    def _ends(self, suspect: Suspect) -> bool:
        """Whether a suspect only seemed to be endless; then more points are allowed from now on."""
        if not self.findings.is_new(suspect):
            return False
        fair = fair_end(suspect, self._execute, self._limit)
        if fair is not None:
            self.too_long = fair.steps if fair.outcome else 0
            self._limit = max(self._limit, LIMIT_PER_STEP * fair.steps)
        return fair is not None

    def _looked_again(self, suspect: Suspect) -> Suspect | None:
        """Judge a lost update by the values, too, for which its execution must be recorded."""
        schedule = suspect.observation.execution.schedule
        again = self._execute(Replay(schedule), self._limit, record=True)
        if not runs_alike(again, suspect.observation):
            is_certain = suspect.lost_update is not None and suspect.lost_update.flows
            return suspect if is_certain else None  # not deterministic: as will be said
        return self._look(again)

    def _look(self, observation: Observation) -> Suspect | None:
        """Judge an execution that may have been recorded; what is known already is set aside."""
        known = self.findings.explained(observation)
        suspect = look(observation, known=known)
        is_lost = suspect is not None and suspect.lost_update is not None
        if not is_lost or not observation.contents or observation.failure is not None:
            return suspect
        if self._serials is None:
            self._serials = self._run_serially(observation.execution.threads)
        return look(observation, self._serials, known)

    def _run_serially(self, threads: int) -> list[Serial]:
        """Run the threads one after another, in several orders."""
        found: list[Serial] = []
        for order in islice(permutations(range(1, threads)), _SERIAL_ORDERS):
            serial = self._execute(InOrder(order), self._limit, record=True)
            if serial.failure is None and not serial.execution.outcome:
                found.append(serial_of(serial.execution.log, serial.contents))
        return found

    def _note_leaks(self, execution: Execution) -> None:
        for leak in execution.leaks:
            if leak.origin not in self._leaks:
                self._leaks[leak.origin] = replace(
                    describe_leak(leak, execution.threads - 1),
                    preemptions=execution.preemptions,
                    schedule_index=self.executions,
                )

    @property
    def covered(self) -> Covered | None:
        """What has been run without a gap; None if nothing can be said."""
        return self.strategy.covered if may_be_complete(self._learning.sites) else None

    @property
    def leaks(self) -> tuple[Hazard, ...]:
        """Threads that have outlived an execution: one hazard for each place that starts them."""
        return tuple(self._leaks.values())

    def confirm(self, suspect: Suspect) -> Hazard:
        """Replay a suspect, shorten its schedule, and describe the shortest execution that shows
        it.
        """
        index = self.executions
        # Whether anything was lost is seen only where values are known.
        replay = partial(self._try, record=suspect.lost_update is not None)
        now = monotonic()
        deadline = min(self.deadline, now + max(_LEAST_SHORTENING, now - self._started))
        sample = partial(self._sample, record=suspect.lost_update is not None)
        shortest = shortened(suspect, replay, sample, limit=self._limit, deadline=deadline)
        if shortest is not suspect and fair_end(shortest, self._execute, self._limit):
            shortest = suspect  # which does not
        schedule = shortest.observation.execution.schedule
        again = self._look(self._execute(Replay(schedule), self._limit, record=True))
        elsewhere = "" if again is None else parted(again, shortest)
        if again is not None and is_same(again, shortest) and not elsewhere:
            token = self._token(again.observation.execution)
            blamed = guilty(again, self._execute, limit=self._limit, deadline=self.deadline)
            return replace(describe(again, blamed), replay=token, schedule_index=index)
        note = "replaying its schedule ran differently: the test is not deterministic" + elsewhere
        told = describe(shortest)
        notes = "; ".join(filter(None, (note, told.note)))
        return replace(told, note=notes, schedule_index=index)

    def _sample(self, bound: int, limit: int, *, record: bool) -> Iterator[Suspect | None]:
        """Execute schedules with at most ``bound`` preemptions, those with few of them first."""
        strategy = Systematic(Choices("shortening", bound), self._learning, bound)
        while not strategy.finished:
            strategy.prepare()
            observation = self._execute(strategy, limit)
            strategy.learn(observation.execution)
            yield self._look_closely(observation, limit, record)

    def _try(self, schedule: Schedule, limit: int, *, record: bool) -> Suspect | None:
        return self._look_closely(self._execute(Replay(schedule), limit), limit, record)

    def _look_closely(self, observation: Observation, limit: int, record: bool) -> Suspect | None:
        """Judge by the values, too: to record takes longer, so only where there is something."""
        if record and look(observation, is_due=lambda sites: True) is not None:
            schedule = observation.execution.schedule
            observation = self._execute(Replay(schedule), limit, record=True)
        return self._look(observation)


class _Bounds:
    """How far a search goes."""

    def __init__(self, schedules: int, deadline: float, more: int | None) -> None:
        self.schedules = schedules
        self.deadline = deadline
        self._more = more
        self._started = monotonic()
        self._is_narrow = False

    def narrow(self, done: int, findings: Findings, suspect: Suspect) -> None:
        """Something has been found after so many executions: do not look for more for ever."""
        if self._more is None:
            return
        if findings.is_full or _is_dangerous(suspect):
            self.schedules = done
        elif not self._is_narrow:
            now = monotonic()
            self.schedules = min(self.schedules, done + self._more)
            self.deadline = min(self.deadline, now + max(LEAST_MORE, now - self._started))
        self._is_narrow = True


def _is_dangerous(suspect: Suspect) -> bool:
    """Whether more executions may do harm: threads could not be unwound, or another one may take
    all the time again.
    """
    return bool(suspect.observation.execution.leaked) or suspect.kind == TIMEOUT


def search(
    explorer: Explorer,
    schedules: int,
    *,
    more: int | None = 0,
    first: Sequence[Schedule] = (),
    on_progress: Callable[[int], None] | None = None,
    on_found: Callable[[Hazard], None] | None = None,
    is_over: Callable[[int], bool] | None = None,
) -> Search:
    """Execute up to ``schedules`` times, until the explorer's deadline.

    After the first hazard at most ``more`` times more, and in at most the time again that it has
    taken, or ``LEAST_MORE`` seconds; with None as if nothing had been found. The schedules in
    ``first`` come first. ``is_over`` gets the number of executions so far, and says whether
    somebody else has found enough.
    """
    findings = explorer.findings
    bounds = _Bounds(schedules, explorer.deadline, more)
    started = monotonic()
    reason, too_long = "", None
    known_schedules = iter(first)
    number = 0
    while number < bounds.schedules and not explorer.strategy.finished:
        if is_over is not None and is_over(number):
            reason = "another job had found enough"
            break
        again = next(known_schedules, None)
        suspect = explorer.next_suspect() if again is None else explorer.try_again(again)
        if suspect is not None and findings.is_new(suspect):
            hazard = explorer.confirm(suspect)
            findings.add(suspect, hazard)
            if on_found is not None:
                on_found(hazard)
            bounds.narrow(number + 1, findings, suspect)
        if explorer.too_long and not findings:
            too_long = TooLong(explorer.too_long, number, schedules)
            reason = str(too_long)
            break
        if monotonic() > bounds.deadline and not explorer.strategy.finished:
            reason = "" if findings else "time was up"
            break
        if on_progress is not None and not number % 20:
            on_progress(number)
        number += 1
    return Search(
        explorer.executions,
        findings.hazards,
        monotonic() - started,
        reason,
        too_long,
        explorer.strategy.finished and explorer.covered is not None,
        explorer.covered,
        explorer.interleavings,
        explorer.leaks,
    )
