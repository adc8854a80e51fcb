"""What findings have in common that are a pattern of events of two threads: two of one thread that
should have been one step, and what another one did in between.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from pytest_concurrency.detect.detector import Finding
from pytest_concurrency.detect.lock_evidence import about_locks
from pytest_concurrency.detect.telling import named_in_source, site_of, told
from pytest_concurrency.model import Hazard, SiteUse
from pytest_concurrency.runtime.trace.event import effect, site_number, thread_of


@dataclass(frozen=True, slots=True, eq=False)
class FoundPattern(Finding):
    """Events that only an execution recorded in full shows to be a hazard."""

    found: tuple[int, ...]
    """The events, as indices into the log."""

    needs_values: ClassVar[bool] = True

    @property
    def identity(self) -> Hashable:
        """By the sites of all events."""
        log = self.observation.execution.log
        return (self.kind, *(site_number(log[index]) for index in self.found))

    @property
    def is_certain(self) -> bool:
        """Only the values, or other executions, tell."""
        return False

    @property
    def uses(self) -> tuple[SiteUse, ...]:
        """The events, as they are shown."""
        events = (self.observation.execution.log[index] for index in self.found)
        return tuple(
            SiteUse(site_of(site_number(event)), thread_of(event), effect(event).shown)
            for event in events
        )

    def named(self, index: int) -> str:
        """Name the location of an event."""
        accesses, event = self.observation.accesses, self.observation.execution.log[index]
        return (accesses[index].location if accesses else "") or named_in_source(event)

    def value(self, index: int) -> str:
        """Show the value of an event, in parentheses; "" if it is not known."""
        accesses = self.observation.accesses
        value = accesses[index].value if accesses else ""
        return f" ({value})" if value else ""

    def told(
        self, message: str, location: str, mine: tuple[int, int], others: Sequence[int]
    ) -> Hazard:
        """Return the hazard; with what the locks say of the two events ``mine`` of one thread, and
        of ``others``, which came between.
        """
        failure = self.observation.failure
        locks = about_locks(self.observation, mine, others)
        return told(
            self.observation,
            self.kind,
            "; ".join(filter(None, (message, locks))),
            location=location,
            sites=self.uses,
            highlighted=frozenset(self.found),
            detail=failure.detail or failure.message if failure is not None else "",
        )
