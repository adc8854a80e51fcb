"""What a search has found so far, each thing once; what is known is set aside."""

from __future__ import annotations

from collections.abc import Set

from pytest_concurrency.detect.detector import Finding
from pytest_concurrency.detect.observation import Observation
from pytest_concurrency.detect.telling import AND, with_containers
from pytest_concurrency.kinds import rank
from pytest_concurrency.model import Hazard, badness

_EVENTS_AT_ONCE = 5_000
_ONE_IN = 50
"""To record an event, and to judge by the record, takes some twenty times as long as to execute it:
so many are recorded without asking what that costs, and one in so many of what is executed.
"""
MOST = 5
"""Different hazards of one search; more would say no more."""


class Findings:
    """The hazards of one search, and what shows the same as one of them."""

    def __init__(self) -> None:
        self._found: dict[object, tuple[Hazard, object]] = {}
        """By identity: the hazard, and how the test failed where it was seen."""
        self._known: set[object] = set()
        self._accepted: set[object] = set()
        """What of it explains no failure: that would hide other bugs behind what may stay."""
        self._vague: set[object] = set()
        """Those that only say that something is wrong."""
        self.accused: frozenset[str] = frozenset()
        """Names of the locations that errors are about."""

    def __bool__(self) -> bool:
        return bool(self._errors)

    @property
    def _errors(self) -> int:
        return sum(hazard.is_error for hazard, _ in self._found.values())

    @property
    def hazards(self) -> tuple[Hazard, ...]:
        """Everything found, the worst first."""
        return tuple(sorted((hazard for hazard, _ in self._found.values()), key=badness))

    @property
    def is_full(self) -> bool:
        """Whether it is not worth looking for more."""
        return self._errors >= MOST

    def is_new(self, suspect: Finding) -> bool:
        """Whether nothing found so far explains what ``suspect`` shows."""
        return suspect.key not in self._known

    def explained(self, observation: Observation) -> Set[object]:
        """Return what is known; where an execution fails in a way that is not, only what is
        accepted.
        """
        failure = observation.failure
        is_new = failure is not None and failure.symptom not in self._known
        return self._accepted if is_new else self._known

    def add(self, suspect: Finding, hazard: Hazard) -> None:
        """Keep what has become of a suspect, once."""
        symptom = _symptom(suspect) if hazard.accepted is None else None
        self._known |= {suspect.key, symptom}
        if hazard.accepted is not None:
            self._accepted.add(suspect.key)
        if suspect.explains_failure and symptom is not None:
            # How the test failed is explained now, also where it had been all that was known.
            self._found.pop(symptom, None)
        self._supersede(suspect, _locations(hazard))
        if suspect.only_says_that:
            self._vague.add(suspect.key)
        if all(hazard.identity != other.identity for other, _ in self._found.values()):
            self._found[suspect.key] = (hazard, symptom)
        told = (_locations(hazard) for hazard, _ in self._found.values())
        self.accused = frozenset().union(*told)

    def _supersede(self, suspect: Finding, locations: frozenset[str]) -> None:
        """Drop what has only said that something is wrong at these locations, if ``suspect`` says
        more.
        """
        for key in self._vague & self._found.keys():
            hazard, _ = self._found[key]
            says_more = not suspect.only_says_that or rank(suspect.kind) < rank(hazard.kind)
            if says_more and not locations.isdisjoint(with_containers(_locations(hazard))):
                del self._found[key]


def _locations(hazard: Hazard) -> frozenset[str]:
    """Return the names of what an error is about."""
    is_told = hazard.is_error and hazard.location
    return frozenset(hazard.location.split(AND) if is_told else ())


def _symptom(suspect: Finding) -> object:
    """Return how the test failed, None if it did not: a failure that is explained is no second
    hazard.
    """
    failure = suspect.observation.failure
    return None if failure is None else failure.symptom


class Doubts:
    """Which suspicions are worth an execution that is recorded in full: that costs more than to
    execute, so each is looked at ever more rarely, and all of them together only so often.
    """

    def __init__(self) -> None:
        self._met: dict[object, int] = {}
        """In how many executions each has been met."""
        self._met_here: set[object] = set()
        self._events_here = 0
        self._may_record = _EVENTS_AT_ONCE

    def next_execution(self, events: int) -> None:
        """Take note that what is met from now on is met in another execution, of so many events."""
        self._met_here.clear()
        self._events_here = events
        self._may_record += events // _ONE_IN

    @property
    def has_time(self) -> bool:
        """Whether anything can be due: else what is met need not even be looked for."""
        return self._may_record > 0

    def is_due(self, key: object) -> bool:
        """Whether to look, now that it has been met in one more execution."""
        if not self._is_its_turn(key):
            return False
        if self._may_record <= 0:
            self._met[key] -= 1  # it waits until there is time for it
            return False
        self._may_record -= self._events_here
        return True

    def was_looked_at(self, key: object) -> bool:
        """Take note that it is in the execution that another one was due for: it is not due."""
        self._is_its_turn(key)
        return False

    def _is_its_turn(self, key: object) -> bool:
        if key in self._met_here:
            return False
        self._met_here.add(key)
        met = self._met[key] = self._met.get(key, 0) + 1
        return met & (met - 1) == 0
