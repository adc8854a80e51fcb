"""Failures: the test fails, or a thread dies, as they do in no serial run.

Which conflict it is due to is found out by executing it again with one of them flipped
(``detect/cause``).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from pytest_concurrency.detect.cause.blame import NOBODY, Blame, guilty, involved
from pytest_concurrency.detect.detector import Again, Asked, Detector, Finding
from pytest_concurrency.detect.locking.bare_waits import bare_wait_before
from pytest_concurrency.detect.observation import Failure, Observation
from pytest_concurrency.detect.telling import AND, told, where
from pytest_concurrency.kinds import KINDS, TEST_FAILURE, THREAD_EXCEPTION
from pytest_concurrency.model import Access, Hazard, SiteUse
from pytest_concurrency.runtime.diagnosis.lock_names import thread_name


@dataclass(frozen=True, slots=True, eq=False)
class FoundFailure(Finding):
    """An execution that fails."""

    failure: Failure

    explains_failure: ClassVar[bool] = False

    @property
    def identity(self) -> Hashable:
        """How it fails."""
        return self.failure.symptom

    def tell(self, again: Again | None) -> Hazard:
        """Say how it fails, and whom to blame."""
        blame = NOBODY if again is None else guilty(self.observation, again)
        return _told(self.failure, blame.observation or self.observation, blame)


class Failures(Detector):
    """The test, or the exception that ended a thread, is the judge."""

    kinds = (KINDS[TEST_FAILURE], KINDS[THREAD_EXCEPTION])

    def findings(self, observation: Observation, asked: Asked) -> Iterable[Finding]:
        """Return how an execution failed, if it did."""
        failure = observation.failure
        return () if failure is None else (FoundFailure(failure.kind, observation, failure),)


def _told(failure: Failure, observation: Observation, blame: Blame) -> Hazard:
    execution, accesses = observation.execution, observation.accesses
    alone = not execution.preemptions and not execution.hurried
    when = "without any preemption" if alone else "in this interleaving"
    message, detail = f"fails {when}: {failure.message}", failure.detail
    if not blame.conflicts or not accesses:
        uses = () if failure.site is None else (SiteUse(failure.site, 0, "call"),)
        return told(observation, failure.kind, message, sites=uses, detail=detail)
    stories = [involved(execution.log, conflict) for conflict in blame.conflicts]
    events = [*dict.fromkeys(index for story in stories for index in story)]
    met = [accesses[index] for index in events]
    locations = dict.fromkeys(accesses[story[0]].location for story in stories)
    cure = f"; it passes if {_flip(met)}, all else as it was" if blame.is_sure else ""
    return told(
        observation,
        failure.kind,
        message + cure + _woken(observation, events),
        location=AND.join(locations),
        sites=tuple(SiteUse(access.site, access.thread, access.op) for access in met),
        highlighted=frozenset(events),
        silent=blame.silent,
        detail=detail,
    )


def _woken(observation: Observation, events: Sequence[int]) -> str:
    """Say that a thread was woken and went on without asking again what it had waited for."""
    execution = observation.execution
    for index in events:
        log, noted = execution.log, execution.noted
        wait = bare_wait_before(log, noted, observation.locks_held, index)
        if wait is not None:
            access = observation.accesses[wait]
            return (
                f"; {thread_name(access.thread, '')} had waited at {where(access)}, and did not "
                "ask again: `wait()` belongs in a loop, or `wait_for()` is one"
            )
    return ""


def _flip(met: Sequence[Access]) -> str:
    first, second = (
        f"{thread_name(access.thread, '')}'s {access.op} at {where(access)}" for access in met[:2]
    )
    return f"{second} comes before {first}"
