"""Executes a workload in whatever order a judgement asks for."""

from __future__ import annotations

from collections.abc import Hashable, Sequence, Set
from itertools import islice, permutations

from pytest_concurrency.detect.effects import Serial, serial_of
from pytest_concurrency.detect.hygiene import held_lock
from pytest_concurrency.detect.hygiene.swallowed import signs_of, swallowed
from pytest_concurrency.detect.observation import Observation
from pytest_concurrency.detect.outcomes.serial import SerialOutcomes
from pytest_concurrency.detect.outcomes.taking import TAKING
from pytest_concurrency.model import Schedule
from pytest_concurrency.runtime.scheduler.baton import baton
from pytest_concurrency.runtime.tasks.protocols import Strategy
from pytest_concurrency.runtime.trace.event import Event
from pytest_concurrency.search.execution.engine import MOST_POINTS, start_round
from pytest_concurrency.search.execution.learning import Learning
from pytest_concurrency.search.execution.runner import Runner
from pytest_concurrency.search.orders.call_by_call import ANY_FUNCTION, CallByCall, Users
from pytest_concurrency.search.orders.fair import ThenFair
from pytest_concurrency.search.orders.follow import Follow
from pytest_concurrency.search.orders.in_order import InOrder
from pytest_concurrency.search.orders.replay import Replay

_SERIAL_ORDERS = 6
"""Orders of the threads in which a program is run one after another: all of three threads."""


class Executor:
    """The executions that detectors may ask for (``detect.detector.Again``)."""

    def __init__(
        self,
        run: Runner,
        limit: int,
        deadline: float,
        learning: Learning,
        users: Users = ANY_FUNCTION,
    ) -> None:
        self._run = run
        self._learning = learning
        self._users = users
        """The functions that use what is tested."""
        self.limit = limit
        """Scheduling points that an execution may have."""
        self.deadline = deadline
        """Of ``time.monotonic``; a hazard in hand is still confirmed after it, but not
        shortened.
        """
        self.followed_for_long: set[Hashable] = set()
        """What threads were found to do without end."""
        self.in_part = False
        """Whether what is asked for leaves out what the execution that is judged has left out:
        events are then the same ones.
        """
        self._serials: list[Serial] | None = None
        """What serial orders do; None: not known yet."""
        self.outcomes = SerialOutcomes(self)
        """What they come to."""

    def _execute(
        self,
        strategy: Strategy,
        limit: int,
        *,
        record: bool = False,
        goes_on: bool = False,
        stands_still: bool = False,
        seen: set[int] | None = None,
        comes_to: bool = True,
        leaves_out: bool = False,
        is_serial: bool = False,
    ) -> Observation:
        """Execute once; what it comes to is asked, unless its interleaving is in ``seen``, or not
        ``comes_to``: it costs about as much as a short execution. ``leaves_out``: what no two
        threads conflict with, as far as is known, is not recorded. ``is_serial``: what it leaves is
        what others are compared with.
        """
        start_round(
            is_brief=not record,
            goes_on=goes_on,
            stands_still=stands_still,
            leaves_out=self._learning.leaving_out.table if leaves_out or self.in_part else None,
        )
        TAKING.begin(seen, self.outcomes.wanted, self._learning.shared, is_wanted=comes_to)
        observation = self._run(strategy, limit, record)
        execution = observation.execution
        passes = observation.failure is None and not execution.outcome
        if execution.unasked and passes and not is_serial:
            observation.failure = swallowed(execution, self.serials(execution.threads))
        return observation

    def in_turn(self, order: Sequence[int], *, otherwise: bool = False) -> Observation:
        """Execute the workers one after another; ``otherwise``: with another time, other chance
        and other addresses.
        """
        strategy = CallByCall(self._users, self._learning.shared, order=order)
        return self._in_order(strategy, otherwise=otherwise)

    def call_by_call(self, picks: Sequence[int], whole: Set[int]) -> Observation:
        """Execute one order of whole calls."""
        heat = self._learning.shared
        return self._in_order(CallByCall(self._users, heat, picks=picks, whole=whole))

    def _in_order(self, strategy: Strategy, *, otherwise: bool = False) -> Observation:
        start_round(is_brief=True, otherwise=otherwise)
        TAKING.begin(None, self.outcomes.wanted, in_any_case=True, otherwise=otherwise)
        baton.pool.rotates = True  # or one thread would be all workers
        try:
            return self._run(strategy, self.limit, False)
        finally:
            baton.pool.rotates = False

    def replayed(
        self,
        schedule: Schedule,
        limit: int,
        *,
        record: bool = False,
        goes_on: bool = False,
        comes_to: bool = True,
    ) -> Observation:
        """Execute a schedule; ``comes_to``: and ask what it comes to."""
        strategy = Replay(schedule)
        return self._execute(strategy, limit, record=record, goes_on=goes_on, comes_to=comes_to)

    def at_one_time(self, schedule: Schedule, limit: int) -> Observation:
        """Execute a schedule in full, with clocks that stand still."""
        strategy = Replay(schedule)
        return self._execute(strategy, limit, record=True, stands_still=True, comes_to=False)

    def in_order_of(
        self, plan: Sequence[Event], limit: int, *, record: bool = False
    ) -> Observation:
        """Execute in the order of these events, as far as that can be done."""
        return self._execute(Follow(plan), limit, record=record, comes_to=False)

    def ended_fairly(self, schedule: Schedule, steps: int, limit: int) -> Observation:
        """Execute a schedule, and after so many steps let everybody have a turn."""
        strategy = ThenFair(schedule, steps)
        return self._execute(strategy, min(limit, MOST_POINTS), comes_to=False)

    def serials(self, threads: int) -> Sequence[Serial]:
        """Say what the threads do one after another, in several orders."""
        if self._serials is None:
            self._serials = []
            for order in islice(permutations(range(1, threads)), _SERIAL_ORDERS):
                serial = self._execute(
                    InOrder(order), self.limit, record=True, comes_to=False, is_serial=True
                )
                if serial.failure is None and not serial.execution.outcome:
                    left = signs_of(serial.execution) | held_lock.signs_of(serial.execution)
                    self._serials.append(serial_of(serial.execution.log, serial.contents, left))
        return self._serials
