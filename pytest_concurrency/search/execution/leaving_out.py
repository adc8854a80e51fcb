"""Which accesses long executions need not record: those at sites where no two threads have ever
met, as far as full executions have shown.

They are counted like any other, so coordinates and schedules stay what they are; but they leave no
event, their objects get no number, and nothing is judged of them. Most of what a long execution
does is of that kind. What is not recorded cannot be learnt from: so only some executions leave it
out, and none that a claim rests on (``SearchStrategy.leaves_out``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from pytest_concurrency.runtime.trace.event import Log, operation, resource_of, site_number
from pytest_concurrency.runtime.trace.operations import CALL
from pytest_concurrency.runtime.trace.sites import SITES

LONG = 500
"""Events of an execution of which something is left out."""
_ENOUGH = 2
"""Full executions in which a site has to be seen before."""


class LeavingOut:
    """What one search leaves out."""

    def __init__(self) -> None:
        self._table = bytearray()
        self._is_used = False
        self._seen: Counter[int] = Counter()
        """In how many executions a site has been."""

    @property
    def table(self) -> bytearray | None:
        """By site: 1 if it is left out; None if none is."""
        if not self._is_used:
            return None
        self._extend()
        return self._table

    def note(self, log: Log, heat: bytearray) -> None:
        """Take note of a full execution, after what it has shown of conflicts."""
        if len(log) < LONG:
            return
        sites = set(map(site_number, log))
        self._seen.update(sites)
        self._extend()
        known = {site for site in sites if not heat[site] and self._seen[site] >= _ENOUGH}
        for site in known.difference(_always_recorded(log)):
            self._table[site] = 1
            self._is_used = True

    def keep(self, site: int) -> None:
        """Leave a site out no longer: threads meet there."""
        if site < len(self._table):
            self._table[site] = 0

    def _extend(self) -> None:
        self._table.extend(bytes(len(SITES) - len(self._table)))


def _always_recorded(log: Log) -> Iterable[int]:
    """Return the sites of what is outside memory, and of calls that may synchronise."""
    return {
        site_number(event)
        for event in log
        if type(resource_of(event)) is not int or operation(event) == CALL
    }
