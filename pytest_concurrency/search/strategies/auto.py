"""The portfolio: strategies take turns, because each misses bugs that another finds quickly.

Most bugs need one or two preemptions, so the systematic search has every second turn until it has
tried all schedules with at most one, and every fourth later; and all of them while little is left
for it to do, as a search that can be finished is worth finishing. Partial order reduction has every
fourth turn, and every second one later: it is the quickest to be through with everything, and finds
what nobody else looks for. Where no end of it is in sight, it has no more turns: its executions
are asked at each access, and take twice as long. In the other turns come PCT, SURW, POS and random
walks.

When one of the two has finished, some random walks that switch at every access follow: what is
known of conflicts is what has been seen, and they may see more.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle
from typing import TYPE_CHECKING, Any, Self

from pytest_concurrency.runtime.tasks.protocols import SHORT_WAIT_SECONDS
from pytest_concurrency.search.execution.choices import Choices
from pytest_concurrency.search.execution.learning import Learning
from pytest_concurrency.search.execution.strategy import Covered, SearchStrategy, Start
from pytest_concurrency.search.strategies.dpor import Dpor
from pytest_concurrency.search.strategies.pct import Pct
from pytest_concurrency.search.strategies.pos import Pos
from pytest_concurrency.search.strategies.random_walk import RandomWalk
from pytest_concurrency.search.strategies.surw import Surw
from pytest_concurrency.search.strategies.systematic import Systematic

if TYPE_CHECKING:
    from pytest_concurrency.detect.observation import Execution

_LAST = 20
"""Random walks at the end, of short executions; at least ``_FEWEST``, and all of them together no
more than ``_LAST_POINTS`` scheduling points: a walk switches the more often the longer it is.
"""
_FEWEST = 2
_LAST_POINTS = 400_000
_DEEP = 4
"""Preemptions beyond which there is no end in sight."""
_LITTLE = 20
"""Schedules: if the systematic search knows of no more, they are run at once."""
_OUT_OF_SIGHT = 20
"""Partial order reduction will not end if it is expected to take so many times the schedules that
there will be. What is expected is a rough guess.
"""
_LONGEST = 5000
"""Scheduling points of an execution with which partial order reduction is tried at all: to be asked
at each of them, and to look through all of them, takes some 50 µs each.
"""
_SCHEDULES = 1000
"""How many there will be where nobody knows."""


class Auto:
    """The strategy ``auto``."""

    name = "auto"
    longest_early_wait = SHORT_WAIT_SECONDS

    def __init__(
        self,
        choices: Choices,
        learning: Learning,
        bound: int | None = None,
        job: int = 0,
        *,
        schedules: int = 0,
        alone: bool = False,
    ) -> None:
        self._job = job
        self._alone = alone
        """Whether the systematic search has all turns."""
        self._schedules = schedules or _SCHEDULES
        self.systematic = Systematic(choices, learning, bound)
        self._longest = 1
        """Scheduling points of the longest execution so far."""
        self.reduced = Dpor() if bound is None and not job and not alone else None
        others: list[SearchStrategy] = [
            Pct(choices, learning, 2),
            Surw(choices, learning),
            Pos(choices, learning),
            RandomWalk(choices, learning),
            Pct(choices, learning, 3),
        ]
        self._last = RandomWalk(choices, learning)
        self._last.everywhere = True
        # Within a bound, "all" means what it says, and random walks would not keep to it.
        self._walks = _LAST if bound is None else 0
        """Random walks that are done at the end."""
        self._walked = 0
        first = job % len(others)
        self._others = cycle(others[first:] + others[:first])
        self._turn = 0
        self._bind(self.systematic)

    @classmethod
    def made(cls, start: Start) -> Self:
        """Return one for a search, of which this may be one job."""
        return cls(
            start.choices,
            start.learning,
            start.preemptions,
            start.job,
            schedules=start.schedules,
        )

    @classmethod
    def systematic_alone(cls, start: Start) -> Self:
        """Return the strategy ``systematic``."""
        return cls(start.choices, start.learning, start.preemptions, alone=True)

    @property
    def finished(self) -> bool:
        """Whether everything has been run, and nothing else has turned up."""
        return self._has_all and self._walked >= self._walks

    @property
    def covered(self) -> Covered | None:
        """What has been run without a gap."""
        if self.reduced is not None and self.reduced.finished and not self.systematic.finished:
            return self.reduced.covered
        return self.systematic.covered

    @property
    def _has_all(self) -> bool:
        reduced = self.reduced
        return self.systematic.finished or (reduced is not None and reduced.finished)

    @property
    def offers(self) -> Sequence[Any]:
        """What the member offers whose execution it was."""
        return self._member.offers

    @property
    def leaves_out(self) -> bool:
        """Whether the member whose turn it is leaves something out."""
        return self._member.leaves_out

    def prepare(self) -> None:
        """See whose turn it is."""
        if self._has_all:
            self._walked += 1
            self._bind(self._last)
        else:
            self._bind(self._whose_turn())
        self._turn += 1
        self._member.prepare()

    def _whose_turn(self) -> SearchStrategy:
        systematic, turn = self.systematic, self._turn
        if self._alone:
            return systematic
        if self._job:
            return next(self._others)
        covered = systematic.covered
        done = covered.preemptions if covered is not None else -1
        # A polling loop has a few schedules more with each preemption, without end.
        if systematic.pending <= _LITTLE and done <= _DEEP:
            return systematic
        is_later = done > 0
        is_reduced = turn % 4 == 3 or (is_later and turn % 4 == 1)
        if is_reduced and self.reduced is not None and self._may_end(self.reduced):
            return self.reduced
        return next(self._others) if turn % (4 if is_later else 2) else systematic

    def _may_end(self, reduced: Dpor) -> bool:
        is_tried = not reduced.gap and self._longest <= _LONGEST
        return is_tried and reduced.expected <= _OUT_OF_SIGHT * self._schedules

    def learn(self, execution: Execution) -> None:
        """Tell the member whose execution it was."""
        self._member.learn(execution)
        self._longest = max(self._longest, execution.steps)
        if self._walks:
            self._walks = max(_FEWEST, min(_LAST, _LAST_POINTS // self._longest))
            if self.systematic.reopens():
                self._walked = 0

    def _bind(self, member: SearchStrategy) -> None:
        # Bound once per execution, not looked up at each decision: these are on the hot path.
        self._member = member
        self.begin = member.begin
        self.choose = member.choose
        self.hurry = member.hurry
        self.grant = member.grant
        self.changed = member.changed
