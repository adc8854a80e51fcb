"""Every interleaving: by partial order reduction, and where that is not sound by trying every
schedule.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

from pytest_concurrency.runtime.tasks.protocols import SHORT_WAIT_SECONDS
from pytest_concurrency.search.execution.strategy import Covered, SearchStrategy, Start
from pytest_concurrency.search.strategies.dpor import Dpor
from pytest_concurrency.search.strategies.systematic import Systematic

if TYPE_CHECKING:
    from pytest_concurrency.detect.observation import Execution


class Complete:
    """The strategy ``dpor``."""

    name = "dpor"
    longest_early_wait = SHORT_WAIT_SECONDS

    def __init__(self, start: Start) -> None:
        self.reduced = Dpor()
        self._systematic = Systematic(start.choices, start.learning, start.preemptions)
        self._is_systematic = start.preemptions is not None
        """Whether partial order reduction cannot do it."""
        self._bind(self._systematic if self._is_systematic else self.reduced)

    @classmethod
    def made(cls, start: Start) -> Self:
        """Return one for a search: within a bound on preemptions, not every order is tried."""
        return cls(start)

    @property
    def finished(self) -> bool:
        """Whether there is no order that has not been run."""
        return self._member.finished

    @property
    def covered(self) -> Covered | None:
        """What has been run without a gap."""
        if self._is_systematic:
            return self._systematic.covered
        return self.reduced.covered

    @property
    def offers(self) -> Sequence[Any]:
        """What the member offers whose execution it was."""
        return self._member.offers

    @property
    def leaves_out(self) -> bool:
        """Whether the member that goes on leaves something out."""
        return self._member.leaves_out

    def prepare(self) -> None:
        """Go on with the member that can."""
        if self.reduced.gap and not self._is_systematic:
            self._is_systematic = True
            self._bind(self._systematic)
        self._member.prepare()

    def learn(self, execution: Execution) -> None:
        """Tell the member whose execution it was."""
        self._member.learn(execution)

    def _bind(self, member: SearchStrategy) -> None:
        # Bound once, not looked up at each decision.
        self._member = member
        self.begin = member.begin
        self.choose = member.choose
        self.hurry = member.hurry
        self.grant = member.grant
        self.changed = member.changed
