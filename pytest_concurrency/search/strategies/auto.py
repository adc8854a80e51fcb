"""The portfolio: strategies take turns, because each misses bugs that another finds quickly."""

from __future__ import annotations

from itertools import cycle

from pytest_concurrency.runtime.baton import Baton
from pytest_concurrency.runtime.task import Strategy
from pytest_concurrency.search.choices import Choices
from pytest_concurrency.search.strategies.pct import Pct
from pytest_concurrency.search.strategies.random_walk import RandomWalk


class Auto:
    """The strategy ``auto``: PCT with depth 2, random walk and PCT with depth 3 in turn."""

    name = "auto"

    def __init__(self, choices: Choices, turn: int = 0) -> None:
        members: list[Strategy] = [Pct(choices, 2), RandomWalk(choices), Pct(choices, 3)]
        first = turn % len(members)
        self._members = cycle(members[first:] + members[:first])
        self._bind(members[first])

    def begin(self, baton: Baton) -> None:
        """Hand the execution to the next member."""
        member = next(self._members)
        self._bind(member)
        member.begin(baton)

    def _bind(self, member: Strategy) -> None:
        # Bound once per execution, not looked up at each decision: these are on the hot path.
        self.choose = member.choose
        self.grant = member.grant
        self.changed = member.changed
