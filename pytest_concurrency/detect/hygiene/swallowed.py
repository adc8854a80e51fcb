"""Exceptions of jobs that nobody asks for: a future, or a result of a thread pool, has kept them.

Where threads one after another leave it, too, it is no matter of concurrency, and is only warned
of. Else it is a failure of the execution like that of a thread that dies.
"""

from __future__ import annotations

import traceback
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

from pytest_concurrency._origins import is_programs
from pytest_concurrency.detect.detector import Again, Asked, Detector, Finding
from pytest_concurrency.detect.effects import Serial
from pytest_concurrency.detect.observation import Execution, Failure, Observation
from pytest_concurrency.detect.telling import innermost, line_of, programs_lines
from pytest_concurrency.kinds import KINDS, SWALLOWED_EXCEPTION
from pytest_concurrency.model import Hazard, SiteUse
from pytest_concurrency.runtime.trace.failed_jobs import FailedJob


def signs_of(execution: Execution) -> frozenset[Hashable]:
    """Return how the exceptions are known that nobody asks for."""
    return frozenset(map(_sign, execution.unasked))


def swallowed(execution: Execution, serials: Sequence[Serial]) -> Failure | None:
    """Return how an execution fails by an exception that nobody asks for, and that no serial
    execution leaves; None if it does not. Without any serial one nothing can be said.
    """
    usual = frozenset().union(*(serial.left for serial in serials))
    for job in execution.unasked if serials else ():
        if _sign(job) not in usual:
            return _failure(job)
    return None


@dataclass(frozen=True, slots=True, eq=False)
class FoundSwallowed(Finding):
    """A job whose exception nobody asks for."""

    job: FailedJob

    @property
    def identity(self) -> Hashable:
        """By how and where it was raised."""
        return (self.kind, _sign(self.job))

    def tell(self, again: Again | None) -> Hazard:
        """Say what was raised, and where."""
        failure, execution = _failure(self.job), self.observation.execution
        site = failure.site
        return Hazard(
            self.kind,
            f"{failure.message}; without concurrency it is so, too",
            sites=() if site is None else (SiteUse(site, self.job.thread, "call"),),
            severity="warning",
            threads=execution.threads - 1,
            preemptions=execution.preemptions,
            detail=failure.detail,
        )


class SwallowedExceptions(Detector):
    """What only some schedules leave has become the failure of its execution (``swallowed``), as
    an exception is that ends a thread; here is the rest."""

    kinds = (KINDS[SWALLOWED_EXCEPTION],)
    is_warning = True

    def findings(self, observation: Observation, asked: Asked) -> Iterable[Finding]:
        """Return what the jobs of an execution that passes leave."""
        unasked = observation.execution.unasked
        if not unasked or observation.failure is not None or observation.execution.outcome:
            return ()
        return [FoundSwallowed(SWALLOWED_EXCEPTION, observation, job) for job in unasked]


def _failure(job: FailedJob) -> Failure:
    site = innermost(job.raised)
    where = "" if site is None else f" at {line_of(site)}"
    text = (
        f"a job ended with {job.message}{where}, and nobody has asked its future how it ended: "
        "ask for its result() or exception()"
    )
    lines = [line for line in job.raised if is_programs(line[0])]
    shown = traceback.format_list([(path, number, name, None) for path, number, name in lines])
    detail = "".join((*shown, job.message))
    stack = programs_lines(job.raised)
    return Failure(text, detail, SWALLOWED_EXCEPTION, job.exception, site, stack)


def _sign(job: FailedJob) -> Hashable:
    return _failure(job).symptom
