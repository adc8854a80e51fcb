"""Torn pairs, as they are judged and told; the pattern is in ``detect/atomicity/torn.py``."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from pytest_concurrency.detect.atomicity.torn import Torn, are_combined, have_changed, torn_pairs
from pytest_concurrency.detect.detector import Again, Asked, Finding
from pytest_concurrency.detect.lock_evidence import about_locks
from pytest_concurrency.detect.observation import Observation
from pytest_concurrency.detect.telling import named_in_source, site_of, told, where
from pytest_concurrency.kinds import ATOMICITY_VIOLATION
from pytest_concurrency.model import Access, Hazard, Operation, SiteUse
from pytest_concurrency.runtime.diagnosis.lock_names import thread_name
from pytest_concurrency.runtime.trace.event import site_number, thread_of

_OPS: tuple[Operation, ...] = ("read", "write", "write", "read")


@dataclass(frozen=True, slots=True, eq=False)
class FoundTorn(Finding):
    """Two values that belong together, of which one was read before they changed, one after."""

    found: Torn

    needs_values: ClassVar[bool] = True

    @property
    def identity(self) -> Hashable:
        """By the sites of all four events."""
        log = self.observation.execution.log
        return (self.kind, *(site_number(log[index]) for index in self.found))

    @property
    def key(self) -> Hashable:
        """By the lines of the reads, and which of them came after the change."""
        return _key(self.observation, self.found)

    @property
    def is_certain(self) -> bool:
        """Only the values tell."""
        return False

    def tell(self, again: Again | None) -> Hazard:
        """Say what was read when, and where both were written together."""
        log, accesses = self.observation.execution.log, self.observation.accesses
        uses = tuple(
            SiteUse(site_of(site_number(log[index])), thread_of(log[index]), op)
            for index, op in zip(self.found, _OPS, strict=True)
        )
        names = [
            (accesses[index].location if accesses else "") or named_in_source(log[index]) or "it"
            for index in (self.found.first_read, self.found.second_read)
        ]
        values = [f" ({each.value})" if each.value else "" for each in self._shown] or ["", ""]
        first_read, first_write, second_write, second_read = uses
        reader, writer = (thread_name(use.thread, "") for use in uses[:2])
        is_old = self.found.first_read < self.found.first_write
        when = ("before", "after") if is_old else ("after", "before")
        message = (
            f"{reader} read {names[0]}{values[0]} at {where(first_read)} {when[0]} {writer} wrote "
            f"it at {where(first_write)}, and {names[1]}{values[1]} at {where(second_read)} "
            f"{when[1]} {writer} wrote that at {where(second_write)}, in the same critical "
            f"section: the two values do not belong together"
        )
        locks = about_locks(
            self.observation,
            (self.found.first_read, self.found.second_read),
            (self.found.first_write, self.found.second_write),
        )
        return told(
            self.observation,
            self.kind,
            "; ".join(filter(None, (message, locks))),
            location=" and ".join(dict.fromkeys(names)),
            sites=uses,
            highlighted=frozenset(self.found),
        )

    @property
    def _shown(self) -> list[Access]:
        accesses = self.observation.accesses
        reads = (self.found.first_read, self.found.second_read)
        return [accesses[index] for index in reads] if accesses else []


def torn(observation: Observation, asked: Asked) -> Iterator[Finding]:
    """Yield what was torn in an execution that passes; what may have been, if it is due to look."""
    if observation.failure is not None:
        return
    for found in torn_pairs(observation):
        key = _key(observation, found)
        if key in asked.known:
            continue
        if asked.is_due(key):
            yield FoundTorn(ATOMICITY_VIOLATION, observation, found)
            return
        contents = observation.contents
        if contents and have_changed(contents, found) and are_combined(observation, found):
            yield FoundTorn(ATOMICITY_VIOLATION, observation, found)


def _key(observation: Observation, found: Torn) -> Hashable:
    log = observation.execution.log
    reads = (site_number(log[found.first_read]), site_number(log[found.second_read]))
    return ("torn", *reads)
