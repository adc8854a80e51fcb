"""Torn pairs, as they are judged and told; the pattern is in ``detect/atomicity/torn.py``."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass

from pytest_concurrency.detect.atomicity.pattern import FoundPattern
from pytest_concurrency.detect.atomicity.torn import Torn, are_combined, have_changed, torn_pairs
from pytest_concurrency.detect.detector import Again, Asked, Finding
from pytest_concurrency.detect.observation import Observation
from pytest_concurrency.detect.telling import AND, where
from pytest_concurrency.kinds import ATOMICITY_VIOLATION
from pytest_concurrency.model import Hazard, Operation
from pytest_concurrency.runtime.diagnosis.lock_names import thread_name
from pytest_concurrency.runtime.trace.event import site_number

_OPS: tuple[Operation, ...] = ("read", "write", "write", "read")


@dataclass(frozen=True, slots=True, eq=False)
class FoundTorn(FoundPattern):
    """Two values that belong together, of which one was read before they changed, one after."""

    found: Torn

    @property
    def key(self) -> Hashable:
        """By the lines of the reads."""
        return _key(self.observation, self.found)

    def tell(self, again: Again | None) -> Hazard:
        """Say what was read when, and where both were written together."""
        found = self.found
        first_read, first_write, second_write, second_read = self.uses
        reader, writer = thread_name(first_read.thread, ""), thread_name(first_write.thread, "")
        names = [self.named(index) or "it" for index in (found.first_read, found.second_read)]
        is_old = found.first_read < found.first_write
        when = ("before", "after") if is_old else ("after", "before")
        message = (
            f"{reader} read {names[0]}{self.value(found.first_read)} at {where(first_read)} "
            f"{when[0]} {writer} wrote it at {where(first_write)}, and {names[1]}"
            f"{self.value(found.second_read)} at {where(second_read)} {when[1]} {writer} wrote "
            f"that at {where(second_write)}, in the same critical section: the two values do not "
            f"belong together"
        )
        reads = (found.first_read, found.second_read)
        writes = (found.first_write, found.second_write)
        return self.told(message, AND.join(dict.fromkeys(names)), reads, writes)


def torn(observation: Observation, asked: Asked) -> Iterator[Finding]:
    """Yield what was torn in an execution that passes; what may have been, if it is due to look."""
    if observation.failure is not None:
        return
    contents = observation.contents
    asked_of = set[Hashable]()
    for found in torn_pairs(observation):
        key = _key(observation, found)
        if key in asked.known or (not contents and key in asked_of):
            continue
        asked_of.add(key)
        if asked.is_due(key):
            yield FoundTorn(ATOMICITY_VIOLATION, observation, found)
            return
        if contents and have_changed(contents, found) and are_combined(observation, found):
            yield FoundTorn(ATOMICITY_VIOLATION, observation, found)


def _key(observation: Observation, found: Torn) -> Hashable:
    log = observation.execution.log
    reads = (site_number(log[found.first_read]), site_number(log[found.second_read]))
    return ("torn", *reads)
