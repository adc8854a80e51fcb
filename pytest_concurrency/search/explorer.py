"""Searches the schedules of one workload: execute, look, confirm, shorten, report."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import monotonic
from typing import Any, Protocol

from pytest_concurrency.detect.lost_update import LostUpdate, find_lost_update
from pytest_concurrency.model import Access, Hazard, HazardKind, Schedule, ThreadState
from pytest_concurrency.runtime.sites import SITES
from pytest_concurrency.runtime.task import Strategy
from pytest_concurrency.search.engine import Execution, start_round
from pytest_concurrency.search.evidence import describe, describe_leak
from pytest_concurrency.search.learning import Learning
from pytest_concurrency.search.strategies.replay import Replay
from pytest_concurrency.search.strategy import Covered, SearchStrategy

Switches = tuple[tuple[int, int, int], ...]
_SHRINKING = 60
"""Executions that shortening one schedule may take."""
_LONGER = 3
"""How many times as long as the execution that is shortened another one may be."""
_SHORTEST_LIMIT = 200
_LEAST_LIMIT = 20_000
_LIMIT_PER_STEP = 20
"""An execution counts as endless if it has so many times the scheduling points of the first."""
_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]+")
"""Where a message shows an object: it is another one in each execution."""
_OUTCOMES: dict[str, HazardKind] = {
    "deadlock": "deadlock",
    "step-limit": "no-progress",
    "timeout": "timeout",
}


@dataclass(frozen=True, slots=True)
class Failure:
    """An execution that ended as no serial run does: what a person is told about it."""

    message: str
    detail: str = ""
    kind: HazardKind = "test-failure"


@dataclass(slots=True)
class Observation:
    """An execution and how the test judged it."""

    execution: Execution
    failure: Failure | None = None
    accesses: Sequence[Access] = ()
    """The full record, if one was asked for: one entry per event of the execution's log."""


class Workload(Protocol):
    """Runs the program under test once, from a fresh state, under a strategy."""

    def __call__(self, strategy: Strategy, limit: int, record: bool, /) -> Observation:
        """Execute once; at most ``limit`` scheduling points; with ``record`` note every access."""
        ...


@dataclass(frozen=True, slots=True)
class Suspect:
    """What looks like a hazard in one execution."""

    kind: HazardKind
    observation: Observation
    lost_update: LostUpdate | None = None

    @property
    def size(self) -> tuple[int, int, int]:
        """Preemptions, deviations, scheduling points: the fewer, the easier to understand."""
        execution = self.observation.execution
        return (execution.preemptions, len(execution.switches), execution.steps)

    @property
    def identity(self) -> tuple[object, ...]:
        """The same for two executions that show the same hazard."""
        execution = self.observation.execution
        if self.lost_update is not None:
            found = self.lost_update
            events = (found.read, found.foreign_write, found.write)
            return (self.kind, *[execution.log[index][1] for index in events])
        if execution.outcome:
            return (self.kind, *sorted(_place(state) for state in execution.states))
        failure = self.observation.failure
        return (self.kind, _ADDRESS.sub("", failure.message) if failure is not None else "")


def _place(state: ThreadState) -> tuple[str, int]:
    """Return where a thread stood; of one that kept running, which was cut off anywhere, only the
    file.
    """
    if state.waits_for and state.site is not None:
        return (state.site.path, state.site.line)
    return (state.stack[0].path if state.stack else "", 0)


def look(observation: Observation) -> Suspect | None:
    """Judge one execution."""
    execution = observation.execution
    if execution.outcome:
        return Suspect(_OUTCOMES[execution.outcome], observation)
    failed = observation.failure is not None
    found = find_lost_update(execution.log, failed=failed)
    if found is not None:
        return Suspect("lost-update", observation, found)
    if observation.failure is not None:
        return Suspect(observation.failure.kind, observation)
    return None


@dataclass(frozen=True, slots=True)
class Search:
    """What a search found."""

    executions: int
    hazards: tuple[Hazard, ...]
    seconds: float
    reason: str = ""
    """Why it ended before so many schedules were run as were asked for."""
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
        self._leaks: dict[object, Hazard] = {}
        self._seen: dict[int, int] = {}
        self.executions = 0

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
        return self._judge(self._execute(Replay(schedule), self._limit))

    def _execute(self, strategy: Strategy, limit: int, *, record: bool = False) -> Observation:
        start_round(is_brief=not record)
        return self._run(strategy, limit, record)

    def _judge(self, observation: Observation) -> Suspect | None:
        self.executions += 1
        execution = observation.execution
        if execution.leaks and observation.failure is None:
            self._note_leaks(execution)
        if self.executions == 1 and not execution.outcome:
            enough = max(_LEAST_LIMIT, _LIMIT_PER_STEP * execution.steps)
            self._limit = min(self._limit, enough)
        signature = hash(tuple(execution.log))
        is_new = signature not in self._seen
        if is_new:
            self._seen[signature] = self.executions
            self._learning.note(execution.log)
        if is_new or observation.failure is not None or execution.outcome:
            return look(observation)
        return None  # judged before

    def _note_leaks(self, execution: Execution) -> None:
        for leak in execution.leaks:
            if leak.origin not in self._leaks:
                self._leaks[leak.origin] = replace(
                    describe_leak(leak, execution.threads - 1),
                    preemptions=execution.preemptions,
                    schedule_index=self.executions,
                )

    @property
    def leaks(self) -> tuple[Hazard, ...]:
        """Threads that have outlived an execution: one hazard for each place that starts them."""
        return tuple(self._leaks.values())

    def confirm(self, suspect: Suspect) -> Hazard:
        """Replay a suspect, shorten its schedule, and describe the shortest execution that shows
        it.
        """
        index = self.executions
        shortest = self._shrink(suspect)
        again = self._replay(shortest.observation.execution.schedule, self._limit, record=True)
        parted = "" if again is None else _parted(again, shortest)
        if again is not None and _is_same(again, shortest) and not parted:
            token = self._token(again.observation.execution)
            return replace(describe(again), replay=token, schedule_index=index)
        note = "replaying its schedule ran differently: the test is not deterministic" + parted
        told = describe(shortest)
        notes = "; ".join(filter(None, (note, told.note)))
        return replace(told, note=notes, schedule_index=index)

    def _replay(self, schedule: Schedule, limit: int, *, record: bool = False) -> Suspect | None:
        return look(self._execute(Replay(schedule), limit, record=record))

    def _shrink(self, suspect: Suspect) -> Suspect:
        """Look for the fewest preemptions, then the fewest deviations, that show the
        same hazard.
        """
        best = suspect
        budget = _SHRINKING
        # Without the switches of a fair schedule a loop that waits would go on to the limit.
        steps = suspect.observation.execution.steps
        limit = min(self._limit, _LONGER * steps + _SHORTEST_LIMIT)
        tried: set[Switches] = set()
        shortened = True
        while shortened:
            shortened = False
            for switches in _simpler(tuple(best.observation.execution.switches)):
                if budget <= 0 or monotonic() > self.deadline:
                    return best
                if switches in tried:
                    continue
                tried.add(switches)
                budget -= 1
                candidate = self._replay(Schedule(switches), limit)
                if (
                    candidate is not None
                    and candidate.identity == suspect.identity
                    and candidate.size < best.size
                ):
                    best = candidate
                    shortened = True
                    break
        return best


def _simpler(switches: Switches) -> Iterator[Switches]:
    """Yield schedules to try instead: none or one of the deviations, also with the threads' roles
    exchanged; then all but one, and all but two neighbours (there and back).
    """
    if len(switches) > 1:
        yield ()
        for thread, step, to in switches:
            yield ((thread, step, to),)
            if thread and to:
                yield ((to, step, thread),)
    for length in (1, 2):
        for position in reversed(range(len(switches) - length + 1)):
            yield switches[:position] + switches[position + length :]


def _is_same(again: Suspect, first: Suspect) -> bool:
    """Whether a replay shows what it should."""
    # An endless execution may be cut off a little later, where threads stand elsewhere.
    endless = again.kind == first.kind == "no-progress"
    return endless or again.identity == first.identity


def _parted(again: Suspect, first: Suspect) -> str:
    """Say where two runs of one schedule differ; empty if they do not."""
    one, two = first.observation.execution.log, again.observation.execution.log
    for number, (event, other) in enumerate(zip(one, two, strict=False)):
        if event[:2] != other[:2]:
            places = f"{_line(event)}, then {_line(other)}"
            return f" (they part after {number} steps: first at {places})"
    if len(one) == len(two) or first.kind == "no-progress":  # which is cut off somewhere
        return ""
    return f" ({len(one)} steps, then {len(two)})"


def _line(event: tuple[Any, ...]) -> str:
    site = SITES[event[1]]
    return f"{Path(site.path).name}:{site.line} in thread {event[0]}"


def search(
    explorer: Explorer,
    schedules: int,
    *,
    stop_at_first: bool = True,
    first: Sequence[Schedule] = (),
    on_progress: Callable[[int], None] | None = None,
    is_over: Callable[[int], bool] | None = None,
) -> Search:
    """Execute up to ``schedules`` times, until the explorer's deadline.

    The schedules in ``first`` come first. ``is_over`` gets the number of executions so far, and
    says whether somebody else has found enough.
    """
    hazards: list[Hazard] = []
    started = monotonic()
    known: set[tuple[object, ...]] = set()
    reason = ""
    exhausted = False
    known_schedules = iter(first)
    for number in range(schedules):
        if is_over is not None and is_over(number):
            reason = "another job had found enough"
            break
        again = next(known_schedules, None)
        suspect = explorer.next_suspect() if again is None else explorer.try_again(again)
        if suspect is not None and suspect.identity not in known:
            known.add(suspect.identity)
            hazards.append(explorer.confirm(suspect))
            if stop_at_first:
                break
        if explorer.strategy.finished:
            exhausted = True
            break
        if monotonic() > explorer.deadline:
            reason = "time was up"
            break
        if on_progress is not None and not number % 20:
            on_progress(number)
    return Search(
        explorer.executions,
        tuple(hazards),
        monotonic() - started,
        reason,
        exhausted,
        explorer.strategy.covered,
        explorer.interleavings,
        explorer.leaks,
    )
