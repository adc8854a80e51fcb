"""Executes the schedules of one workload: execute, look, confirm, shorten."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from pytest_concurrency.detect.atomicity.check_then_act import in_doubt
from pytest_concurrency.detect.detector import NOTHING_MORE, Asked, Detector, Finding, never
from pytest_concurrency.detect.gil.reachable import with_gil
from pytest_concurrency.detect.hazards import DETECTORS, findings_in, look, warners
from pytest_concurrency.detect.observation import Execution, Observation
from pytest_concurrency.model import Accepted, Hazard, Schedule
from pytest_concurrency.real_time import monotonic
from pytest_concurrency.runtime.trace.synchronisation import interleaving
from pytest_concurrency.search.describe.recorder import only_states_of
from pytest_concurrency.search.execution.choices import Choices
from pytest_concurrency.search.execution.comparison import is_same, parted, runs_alike
from pytest_concurrency.search.execution.completeness import may_be_complete
from pytest_concurrency.search.execution.engine import LEAST_LIMIT, LIMIT_PER_STEP
from pytest_concurrency.search.execution.learning import Learning
from pytest_concurrency.search.execution.runner import Runner
from pytest_concurrency.search.execution.strategy import Covered, SearchStrategy
from pytest_concurrency.search.executor import Executor
from pytest_concurrency.search.explaining import explaining
from pytest_concurrency.search.findings import Doubts, Findings
from pytest_concurrency.search.orders.call_by_call import ANY_FUNCTION, Users
from pytest_concurrency.search.orders.replay import Replay
from pytest_concurrency.search.racing import Racing
from pytest_concurrency.search.shrinking import shortened
from pytest_concurrency.search.steering import Steering
from pytest_concurrency.search.strategies.systematic import Systematic

LEAST_SHORTENING_SECONDS = 2.0
"""Seconds that shortening one schedule may take in any case; beyond, as long as the search before.
"""


def _always(key: Any) -> bool:
    return True


class Explorer(Executor):
    """One search over the schedules of one workload."""

    def __init__(
        self,
        run: Runner,
        strategy: SearchStrategy,
        learning: Learning,
        *,
        limit: int,
        token: Callable[[Execution], str],
        deadline: float,
        users: Users = ANY_FUNCTION,
        accepts: Callable[[Hazard], Accepted | None] = lambda hazard: None,
        preemptions: int | None = None,
        detectors: Sequence[Detector] = DETECTORS,
    ) -> None:
        super().__init__(run, limit, deadline, learning, users)
        self._accepts = accepts
        self._detectors = detectors
        self.strategy = strategy
        self._token = token
        self.findings = Findings()
        self._started = monotonic()
        self._doubts = Doubts()
        self._steering = Steering(learning, preemptions)
        self._racing = Racing()
        self._warners = warners()
        self._warnings: dict[object, Hazard] = {}
        self._seen: dict[int, int] = {}
        self._asked_of: set[int] = set()
        """Interleavings of workers of which it is known what they come to."""
        self.executions = 0
        self.too_long = 0
        """Scheduling points of the last execution if its time was up while it went on; else 0."""

    @property
    def interleavings(self) -> dict[int, int]:
        """Fingerprints of the different interleavings seen, and the number of the execution."""
        return self._seen

    def next_suspect(self) -> Finding | None:
        """Execute once more; return what looks like a hazard."""
        order = self._steering.next_order()
        if order is not None:
            return self._judge(self._execute(order, self.limit))
        self.strategy.prepare()
        observation = self._execute(
            self.strategy, self.limit, seen=self._asked_of, leaves_out=self.strategy.leaves_out
        )
        suspect = self._judge(observation)
        self.strategy.learn(observation.execution)
        return suspect

    def try_again(self, schedule: Schedule) -> Finding | None:
        """Execute a schedule known from before; return what looks like a hazard."""
        observation = self._execute(Replay(schedule), self.limit)
        return self._judge(observation, is_due=_always)

    def _judge(
        self, observation: Observation, is_due: Callable[[Any], bool] | None = None
    ) -> Finding | None:
        self.executions += 1
        execution = observation.execution
        for detector in self._warners:
            for finding in detector.findings(observation, NOTHING_MORE):
                self._note_warning(finding)
        if self.executions == 1 and not execution.outcome:
            enough = max(LEAST_LIMIT, LIMIT_PER_STEP * execution.steps)
            self.limit = min(self.limit, enough)
            self._learning.patience = self.limit // LIMIT_PER_STEP
        signature = interleaving(execution.log, execution.noted)
        is_new = signature not in self._seen
        if is_new:
            self._seen[signature] = self.executions
            self._learning.note(execution.log, execution.noted, is_partial=execution.is_partial)
            if not execution.is_partial:
                self._steering.note(observation, self.executions)
                self._racing.note(observation, self.executions)
        if is_new or observation.failure is not None or execution.outcome:
            self._doubts.next_execution(len(execution.log))
            is_due = is_due or (self._doubts.is_due if self._doubts.has_time else never)
            if execution.is_partial:
                return self._suspect_in_part(observation, is_due)
            return self._suspect_in(observation, is_due)
        return None  # judged before

    def _suspect_in_part(self, part: Observation, is_due: Callable[[Any], bool]) -> Finding | None:
        """Judge an execution that leaves something out: where there is anything suspicious about
        it, by what it does in full.
        """
        due = set()

        def is_due_here(key: Any) -> bool:
            if is_due(key):
                due.add(key)
            return key in due

        self.in_part = True
        try:
            suspect = self._suspect_in(part, never if is_due is never else is_due_here)
        finally:
            self.in_part = False
        if suspect is None:
            return None
        full = self.replayed(part.execution.schedule, self.limit)
        if not runs_alike(full, part):
            return suspect  # not deterministic: as will be said
        return self._suspect_in(full, due.__contains__)

    def _suspect_in(
        self, observation: Observation, is_due: Callable[[Any], bool]
    ) -> Finding | None:
        execution = observation.execution
        suspect = self._look(observation, is_due)
        self.too_long = execution.steps if execution.outcome == "too-long" else 0
        if suspect is None or self._ends(suspect):
            return None
        if suspect.needs_values or not suspect.explains_failure:
            # With the values something may be seen that explains how it fails.
            return self._looked_again(suspect)
        return suspect

    def _look(self, observation: Observation, is_due: Callable[[Any], bool]) -> Finding | None:
        return look(observation, self._asked(observation, is_due), self._detectors)

    def _asked(self, observation: Observation, is_due: Callable[[Any], bool]) -> Asked:
        findings = self.findings
        return Asked(findings.explained(observation), is_due, self, findings.accused)

    def _ends(self, suspect: Finding) -> bool:
        """Whether a suspect only seemed to be endless; then more points are allowed from now on."""
        if not self.findings.is_new(suspect):
            return False
        fair = suspect.refuted(self)
        if fair is not None:
            self.too_long = fair.steps if fair.outcome else 0
            self.limit = max(self.limit, LIMIT_PER_STEP * fair.steps)
        return fair is not None

    def _looked_again(self, suspect: Finding) -> Finding | None:
        """Judge by the values, too, for which the execution must be recorded."""
        schedule = suspect.observation.execution.schedule
        with only_states_of(in_doubt(suspect.observation)):
            again = self.replayed(schedule, self.limit, record=True)
        again.is_repeated = runs_alike(again, suspect.observation)
        if not again.is_repeated:
            return suspect if suspect.is_certain else None  # not deterministic: as will be said
        return self._look(again, self._doubts.was_looked_at)

    def _look_for(self, wanted: Finding, observation: Observation) -> Finding | None:
        """Judge an execution that is to show a finding: return that one; another one if it does
        not.
        """
        first = None
        for finding in findings_in(observation, self._asked(observation, never), self._detectors):
            if is_same(finding, wanted):
                return finding
            first = first or finding
        return first

    def _note_warning(self, finding: Finding) -> None:
        if finding.key not in self._warnings:
            told = finding.tell(None)
            if told.severity == "error":
                told = replace(told, severity="warning")
            self._warnings[finding.key] = replace(told, schedule_index=self.executions)

    @property
    def covered(self) -> Covered | None:
        """What has been run without a gap; None if nothing can be said."""
        return self.strategy.covered if may_be_complete(self._learning.sites) else None

    @property
    def warnings(self) -> tuple[Hazard, ...]:
        """What is worth a warning, each thing once: threads left behind; and, when the search is
        over, what is worth a note.
        """
        # Where something has been found, threads may be left that another execution would meet.
        again = None if self.findings else self
        races = self._racing.hazards(self.findings, self)
        return (*self._warnings.values(), *self._steering.notes(again), *races)

    def confirm(self, suspect: Finding) -> Hazard:
        """Replay a suspect, shorten its schedule, describe the shortest execution that shows it,
        and say whether it is accepted.
        """
        hazard = self._confirmed(suspect)
        return replace(hazard, accepted=self._accepts(hazard))

    def _confirmed(self, suspect: Finding) -> Hazard:
        index = self.executions
        # Whether anything was lost is seen only where values are known.
        replay = partial(self._try, suspect=suspect)
        now = monotonic()
        deadline = min(self.deadline, now + max(LEAST_SHORTENING_SECONDS, now - self._started))
        sample = partial(self._sample, suspect=suspect)
        shortest = shortened(suspect, replay, sample, limit=self.limit, deadline=deadline)
        if shortest is not suspect and shortest.refuted(self) is not None:
            shortest = suspect  # which does not
        schedule = shortest.observation.execution.schedule
        again: Finding | None = shortest
        if not shortest.observation.is_repeated:
            repeated = self.replayed(
                schedule, self.limit, record=True, comes_to=suspect.needs_outcome
            )
            again = self._look_for(shortest, repeated)
        elsewhere = "" if again is None else parted(again, shortest)
        if again is not None and is_same(again, shortest) and not elsewhere:
            seen = findings_in(
                again.observation, self._asked(again.observation, _always), self._detectors
            )
            again = explaining(again, seen, self)
            token = self._token(again.observation.execution)
            told = again.tell(self)
            gil = with_gil(again.observation, told)
            return replace(told, gil=gil, replay=token, schedule_index=index)
        note = "replaying its schedule ran differently: the test is not deterministic" + elsewhere
        told = shortest.tell(None)
        notes = "; ".join(filter(None, (note, told.note)))
        return replace(told, note=notes, schedule_index=index)

    def _sample(self, bound: int, limit: int, *, suspect: Finding) -> Iterator[Finding | None]:
        """Execute schedules with at most ``bound`` preemptions, those with few of them first."""
        strategy = Systematic(Choices("shortening", bound), self._learning, bound)
        while not strategy.finished:
            strategy.prepare()
            observation = self._execute(strategy, limit, comes_to=suspect.needs_outcome)
            strategy.learn(observation.execution)
            yield self._look_closely(observation, limit, suspect)

    def _try(self, schedule: Schedule, limit: int, *, suspect: Finding) -> Finding | None:
        observation = self.replayed(schedule, limit, comes_to=suspect.needs_outcome)
        return self._look_closely(observation, limit, suspect)

    def _look_closely(
        self, observation: Observation, limit: int, suspect: Finding
    ) -> Finding | None:
        """Judge by the values, too: to record takes longer, so only where there is something."""
        is_suspect = look(observation, Asked(is_due=_always), self._detectors) is not None
        if suspect.needs_values and (is_suspect or observation.outcome is not None):
            first, schedule = observation, observation.execution.schedule
            observation = self.replayed(
                schedule, limit, record=True, comes_to=suspect.needs_outcome
            )
            observation.is_repeated = runs_alike(observation, first)
        return self._look_for(suspect, observation)
