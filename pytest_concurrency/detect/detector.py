"""What a detector is: it judges one execution, and says what it has found, where, and in which
words.

One file in ``hazards/`` is one detector; its kind is a row of ``kinds.py``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable, Sequence, Set
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, Protocol

from pytest_concurrency.detect.effects import Serial
from pytest_concurrency.detect.observation import Execution, Observation
from pytest_concurrency.detect.outcome import Outcome, Path
from pytest_concurrency.kinds import HazardKind, Kind
from pytest_concurrency.model import Hazard, Schedule
from pytest_concurrency.runtime.trace.event import Event
from pytest_concurrency.runtime.trace.resource import Location


class Explaining(Protocol):
    """Judges outcomes by those of the workers one after another."""

    def unexplained(self, observation: Observation) -> Outcome | None:
        """Return the serial outcome nearest to that of an execution, if none explains it; None also
        if that cannot be said.
        """
        ...

    def differing(self, outcome: Outcome, nearest: Outcome) -> set[Path]:
        """Return where an outcome differs from a serial one, as far as that says anything."""
        ...


class Again(Protocol):
    """What a judgement may ask of the search that it is part of: other executions."""

    @property
    def limit(self) -> int:
        """Scheduling points that an execution of the search may have."""
        ...

    @property
    def deadline(self) -> float:
        """When it should be over; of ``time.monotonic``."""
        ...

    @property
    def followed_for_long(self) -> set[Hashable]:
        """What threads were found to do without end: to be added to."""
        ...

    def replayed(
        self, schedule: Schedule, limit: int, *, record: bool = False, goes_on: bool = False
    ) -> Observation:
        """Execute a schedule; with ``record`` in full, with values; ``goes_on``: where the test
        fails, with what its threads do afterwards.
        """
        ...

    def at_one_time(self, schedule: Schedule, limit: int) -> Observation:
        """Execute a schedule in full, with clocks that stand still: what differs there does not do
        so because it was made at another time.
        """
        ...

    def in_order_of(
        self, plan: Sequence[Event], limit: int, *, record: bool = False
    ) -> Observation:
        """Execute in the order of these events, as far as that can be done."""
        ...

    def ended_fairly(self, schedule: Schedule, steps: int, limit: int) -> Observation:
        """Execute a schedule, and after so many steps let everybody have a turn."""
        ...

    def serials(self, threads: int) -> Sequence[Serial]:
        """Say what the threads do one after another, in several orders."""
        ...

    @property
    def outcomes(self) -> Explaining:
        """What the threads come to one after another."""
        ...


def never(key: Any) -> bool:
    """Nothing is due."""
    return False


class Asked(NamedTuple):
    """What is asked of a detector besides the execution."""

    known: Set[object] = frozenset()
    """Keys of findings that are known: they may be passed over. None where an execution fails in
    a way that is not."""
    is_due: Callable[[Any], bool] = never
    """Whether it is worth an execution in full to learn more about a finding, by its key."""
    again: Again | None = None
    """None: nothing can be executed any more."""
    accused: Set[str] = frozenset()
    """Names of locations that hazards found before are about."""


NOTHING_MORE = Asked()


@dataclass(frozen=True, slots=True, eq=False)
class Finding(ABC):
    """What looks like a hazard in one execution."""

    kind: HazardKind
    observation: Observation

    explains_failure: ClassVar[bool] = True
    """Whether a failure of the test is no second hazard where this is seen."""
    needs_values: ClassVar[bool] = False
    """Whether only an execution that is recorded in full shows that it is one."""
    needs_outcome: ClassVar[bool] = False
    """Whether it is about what an execution comes to."""
    is_cut_off: ClassVar[bool] = False
    """Whether its execution was stopped while it went on: another one may be so elsewhere."""
    only_says_that: ClassVar[bool] = False
    """Whether it says that something is wrong, not what: what else is found where it was seen says
    more."""
    may_hang: ClassVar[bool] = False
    """Whether to see it once more takes as long as an execution may."""

    @property
    @abstractmethod
    def identity(self) -> Hashable:
        """The same for two executions that show the same hazard, in the same way."""
        ...

    @property
    def key(self) -> Hashable:
        """The same for all that need not be told twice."""
        return self.identity

    @property
    def is_certain(self) -> bool:
        """Whether it counts though its execution could not be repeated."""
        return True

    @property
    def place(self) -> Location | None:
        """The one location that it is about, where a failure is to come from it; None: it is about
        none, or several.
        """
        return None

    @property
    def size(self) -> tuple[int, int, int]:
        """Preemptions, deviations, scheduling points: the fewer, the easier to understand."""
        execution = self.observation.execution
        return (execution.preemptions, len(execution.switches), execution.steps)

    def resembles(self, other: Finding) -> bool:
        """Whether it may stand for ``other``, when a schedule is shortened."""
        return self.identity == other.identity

    def refuted(self, again: Again) -> Execution | None:
        """Return an execution that shows that this only seemed to be a hazard, if there is one."""
        return None

    @abstractmethod
    def tell(self, again: Again | None) -> Hazard:
        """Describe it, with values and a timeline if its execution was recorded; find out what it
        is due to if something can be executed.
        """
        ...


class Detector(Protocol):
    """Finds hazards of its kinds."""

    kinds: Sequence[Kind]
    is_warning: bool = False
    """Whether what it finds neither fails a test nor ends a search, and is not repeated."""

    def findings(self, observation: Observation, asked: Asked) -> Iterable[Finding]:
        """Return what there is in one execution, the surest first.

        Asked of each new interleaving of thousands: what is expensive is computed once, and kept
        by the observation.
        """
        ...
