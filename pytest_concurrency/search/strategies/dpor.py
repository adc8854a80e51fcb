"""Dynamic partial order reduction: every order of conflicting operations, few of them twice.

Abdulla, Aronis, Jonsson, Sagonas: "Optimal Dynamic Partial Order Reduction", POPL 2014: source sets
and sleep sets. Each execution is looked through for *races*: transitions that might as well have
come the other way round; for each of them some thread is put down that has to go on at the decision
before the earlier one. The decisions of the last execution are a path in a tree, which is searched
depth first. Threads that have gone on at a decision before sleep in what is tried there later,
until something is done that conflicts with what they did.

What a transition touches is read from the trace after it has happened (``search/partial_order``),
never guessed before. That covers what a woken thread does, waits that run out early, and the first
operation of a thread that has just started. It is asked at every access, whether it is known to be
contended or not: what nobody else touches has no order that could matter.

It rests on it that what threads do follows from what they have met. Where that is not so (a cache
of the standard library, an object that dies, a clock), or an execution does not show all of it (one
that spins, or is given up), this is a *gap*: then it does not claim anything, and gives up.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from pytest_concurrency.runtime.tasks.protocols import SHORT_WAIT_SECONDS, View
from pytest_concurrency.runtime.tasks.task import Task
from pytest_concurrency.runtime.trace.operations import END, EXPIRE, START, WAIT, WAKE
from pytest_concurrency.search.execution.strategy import Covered
from pytest_concurrency.search.orders.fair import Fair
from pytest_concurrency.search.partial_order.estimate import orders_of_changes
from pytest_concurrency.search.partial_order.histories import Histories
from pytest_concurrency.search.partial_order.path import Asleep, Path, Sleeping
from pytest_concurrency.search.partial_order.transitions import (
    Cutter,
    Decision,
    Transition,
    between,
)

if TYPE_CHECKING:
    from pytest_concurrency.detect.observation import Execution

_ASLEEP = "asleep"
_DIFFERENT = "not deterministic"
_SPINS = "a thread spins"
_GROWS = "executions grow without end"
_ENOUGH_TO_GUESS = 8
"""Executions."""
_MOST_DECISIONS = 200
_MOST_TIMES_THE_FIRST = 20
"""So many decisions, and so many times those of the first execution, are no end in sight: a thread
that asks again and again, and sleeps in between, may do so once more in each execution.
"""
_UNSEEN = "threads meet out of sight"


class Dpor(Fair):
    """One search for all orders of conflicting operations."""

    name = "dpor"
    longest_early_wait = SHORT_WAIT_SECONDS
    leaves_out = False

    def __init__(self) -> None:
        self._path = Path()
        self._histories = Histories()
        self._is_checking = False
        """Whether an execution in another order is all that is left to do."""
        self._was_reversed = False
        self.finished = False
        self.gap = ""
        """Why it cannot go on."""
        self._most = 0
        """Decisions that an execution may have; 0: before the first one."""
        self.runs = 0
        self._interleavings: set[int] = set()
        self.expected = 1
        """How many executions there will be, roughly: a guess from the first ones."""

    @property
    def covered(self) -> Covered | None:
        """What has been run without a gap: nothing can be said before it has finished."""
        if not self.finished:
            return None
        return Covered(-1, len(self._interleavings), is_reduced=True)

    def prepare(self) -> None:
        """The next execution is known from the last one."""

    # -- one execution ------------------------------------------------------------------

    def begin(self, view: View) -> bytearray | None:
        """Follow the path."""
        super().begin(view)
        self._decisions: list[Decision] = []
        self._signs: list[str] = []
        self._slept: dict[int, Sleeping] = {}
        """By decision: who slept there."""
        self.offers = [self._decisions, self._signs, self._slept]
        self._sleeping: Sleeping | None = None
        """None: as long as the path is followed."""
        self._settled: Task | None = None
        self._is_free = self._is_checking
        """Whether it does not matter any more who goes on."""
        return None

    def hurry(self, sleepers: list[Task], task: Task) -> Task | None:
        """Let a wait run out if it has to now, or nobody else has to go on."""
        if self._is_free:
            return None
        runnable = self._view.runnable()
        chosen = self._decide(runnable, sleepers, task)
        if chosen in sleepers:
            return chosen
        self._settled = chosen if len(runnable) > 1 else None
        return None

    def choose(self, enabled: list[Task], task: Task) -> Task:
        """Keep to the path; after its end, to the default order, without those that sleep."""
        settled, self._settled = self._settled, None
        if self._is_checking:
            return super().choose(enabled, task) if task in enabled else enabled[-1]
        return settled or self._decide(enabled, [], task)

    def grant(self, task: Task, enabled: list[Task]) -> int:
        """Be asked before each operation."""
        return super().grant(task, enabled) if self._is_free else 0

    def _decide(self, runnable: list[Task], sleepers: list[Task], task: Task) -> Task:
        choices = [*runnable, *sleepers]
        chosen = None
        if not self._is_free:
            able = self._able(choices)
            chosen = self._chosen(able, runnable, task) if able else None
        if chosen is None:
            self._is_free = True
            return super().choose(runnable, task)
        indices = tuple([each.index for each in choices])
        sleeping = tuple([each.index for each in sleepers])
        view = self._view
        decision = Decision(len(view.log), len(view.noted), indices, sleeping, chosen.index)
        self._decisions.append(decision)
        return chosen

    def _chosen(self, able: list[Task], runnable: list[Task], task: Task) -> Task:
        awake = [each for each in able if each in runnable]
        if not awake:
            return able[0]
        chosen = super().choose(awake, task)
        if chosen is not task and task in awake:
            self._signs.append(_SPINS)
        return chosen

    def _able(self, choices: list[Task]) -> list[Task]:
        """Return who may go on: the one on the path; after its end, those that do not sleep."""
        nodes = self._path.nodes
        number = len(self._decisions)
        if number < len(nodes):
            node = nodes[number]
            if node.choices != tuple([each.index for each in choices]):
                self._signs.append(_DIFFERENT)
                return []
            return [each for each in choices if each.index == node.chosen]
        if nodes:
            self._let_sleep()
        sleeping = self._sleeping
        awake = [each for each in choices if each.index not in sleeping] if sleeping else choices
        if not awake:
            self._signs.append(_ASLEEP)
        return awake

    def _let_sleep(self) -> None:
        """See who sleeps on after what has happened since the last decision."""
        if self._sleeping is None:
            self._sleeping = self._path.nodes[-1].asleep_beside()
        if self._sleeping:
            view, decision = self._view, self._decisions[-1]
            cutter = Cutter()
            cutter.decide(0, decision)
            start, end = (decision.log, decision.noted), (len(view.log), len(view.noted))
            cutter.go_through(between(view.log, view.noted, start, end))
            cutter.end()
            self._sleeping = dict(self._asleep_after(self._sleeping, cutter.transitions))
            if self._sleeping:
                self._slept[len(self._decisions)] = self._sleeping

    def _asleep_after(
        self, sleeping: Sleeping, transitions: Sequence[Transition]
    ) -> Iterator[tuple[int, Asleep]]:
        """Yield those that sleep on: what they would do depends on none of these."""
        for thread, asleep in sleeping.items():
            operation = self._view.tasks[thread].operation
            number = None if operation is None else self._view.number_at(operation.target)
            known = asleep if operation is None else asleep.with_number(number)
            if not any(t.thread == thread or known.depends_on(t.footprint) for t in transitions):
                yield thread, asleep if number is None else known

    # -- between executions -------------------------------------------------------------

    def learn(self, execution: Execution) -> None:
        """Take note of what has to be tried instead of what the execution did."""
        self.runs += 1
        decisions, signs, slept = execution.offers
        self._most = self._most or max(_MOST_DECISIONS, _MOST_TIMES_THE_FIRST * len(decisions))
        self.gap = self._gap_in(execution, signs)
        if self.gap:
            return
        if self._is_checking:
            self.finished = True
            return
        if decisions and decisions[0].chosen == decisions[0].choices[-1]:
            self._was_reversed = True
        learnt = self._path.learn(execution.log, execution.noted, decisions, slept)
        self._interleavings.add(learnt.interleaving)
        if self.runs <= _ENOUGH_TO_GUESS:
            self.expected = max(self.expected, orders_of_changes(learnt.transitions))
        if self._path.is_at_end:
            self.finished = self._was_reversed
            self._is_checking = not self.finished

    def _gap_in(self, execution: Execution, signs: list[str]) -> str:
        different = next((sign for sign in signs if sign != _ASLEEP), "")
        if different:
            return different
        if len(execution.offers[0]) > self._most:
            return _GROWS
        if execution.outcome not in ("", "deadlock"):
            return execution.outcome
        if execution.lost_sight or _waits_for_descriptors(execution):
            return _UNSEEN
        if _are_cut_short(execution):
            return "threads had not ended"
        return _UNSEEN if self._histories.contradict(execution.trace) else ""


def _waits_for_descriptors(execution: Execution) -> bool:
    return any(
        op == WAIT and resource == "descriptor" for _, _, _, resource, _, op in execution.noted
    )


def _are_cut_short(execution: Execution) -> bool:
    """Whether threads could still have gone on when the execution ended."""
    going: set[int] = set()
    ended: set[int] = {0}
    for _, thread, _, _, part, op in execution.noted:
        if op in (START, WAKE, EXPIRE):
            going.add(part)
        elif op in (WAIT, END):
            going.discard(thread)
            if op == END:
                ended.add(thread)
    decisions: Sequence[Decision] = execution.offers[0]
    sleepers = decisions[-1].sleepers if decisions else ()
    return not ended.issuperset({*going, *sleepers})
