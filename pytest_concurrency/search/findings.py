"""What a search has found so far, each thing once; what is known is set aside."""

from __future__ import annotations

from collections.abc import Set

from pytest_concurrency.detect.lost_update import LostUpdate
from pytest_concurrency.model import Hazard, badness
from pytest_concurrency.runtime.trace.event import site_number
from pytest_concurrency.search.execution.observation import Observation, Suspect

MOST = 5
"""Different hazards of one search; more would say no more."""


class Findings:
    """The hazards of one search, and what shows the same as one of them."""

    def __init__(self) -> None:
        self._found: dict[object, tuple[Hazard, object]] = {}
        """By identity: the hazard, and how the test failed where it was seen."""
        self._known: set[object] = set()
        self._updates: set[tuple[int, int]] = set()

    def __bool__(self) -> bool:
        return bool(self._found)

    @property
    def hazards(self) -> tuple[Hazard, ...]:
        """Everything found, the worst first."""
        return tuple(sorted((hazard for hazard, _ in self._found.values()), key=badness))

    @property
    def is_full(self) -> bool:
        """Whether it is not worth looking for more."""
        return len(self._found) >= MOST

    def is_new(self, suspect: Suspect) -> bool:
        """Whether nothing found so far explains what ``suspect`` shows."""
        return _key(suspect) not in self._known

    def explained(self, observation: Observation) -> Set[tuple[int, int]]:
        """Return the sites of read and write of the lost updates that are known; nothing where an
        execution fails in a way that is not.
        """
        failure = observation.failure
        is_new = failure is not None and failure.symptom not in self._known
        return frozenset() if is_new else self._updates

    def add(self, suspect: Suspect, hazard: Hazard) -> None:
        """Keep what has become of a suspect, once."""
        symptom = _symptom(suspect)
        self._known |= {_key(suspect), symptom}
        if suspect.lost_update is not None:
            self._updates.add(_sites(suspect, suspect.lost_update))
        if suspect.lost_update is not None and symptom is not None:
            # How the test failed is explained now, also where it had been all that was known.
            self._found.pop(symptom, None)
        if all(hazard.identity != other.identity for other, _ in self._found.values()):
            self._found[_key(suspect)] = (hazard, symptom)


def _key(suspect: Suspect) -> object:
    """Return what two suspects have in common that show one hazard.

    Of lost updates that is what was read and what was written from it: whoever wrote in between.
    """
    found = suspect.lost_update
    return suspect.identity if found is None else (suspect.kind, *_sites(suspect, found))


def _sites(suspect: Suspect, found: LostUpdate) -> tuple[int, int]:
    log = suspect.observation.execution.log
    return (site_number(log[found.read]), site_number(log[found.write]))


def _symptom(suspect: Suspect) -> object:
    """Return how the test failed, None if it did not: a failure that a lost update explains is
    no second hazard.
    """
    failure = suspect.observation.failure
    return None if failure is None else failure.symptom
