"""What a failing execution fails by, where several things are wrong with it.

A lost update that is seen in an execution that fails need not be what it fails by: two threads may
both get in, and then lose a count that nobody looks at. It is told of the failure only if the test
passes when a conflict there is the other way round; else whatever that is true of.
"""

from __future__ import annotations

from collections.abc import Iterable

from pytest_concurrency.detect.cause.blame import guilty, may_come_from
from pytest_concurrency.detect.detector import Again, Finding
from pytest_concurrency.detect.hazards.failure import FoundFailure
from pytest_concurrency.kinds import LOST_UPDATE
from pytest_concurrency.runtime.trace.event import location
from pytest_concurrency.runtime.trace.resource import overlap


def explaining(finding: Finding, others: Iterable[Finding], again: Again) -> Finding:
    """Return what the execution of ``finding`` fails by: that, one of the ``others`` that are seen
    there, or the failure alone, which finds a conflict to blame.
    """
    if finding.needs_outcome:
        return finding
    if not finding.explains_failure:
        # A longer execution may not have shown the lost update that it comes from.
        first = next(iter(others), None)
        return first if first is not None and first.kind == LOST_UPDATE else finding
    observation, place = finding.observation, finding.place
    failure = observation.failure
    if failure is None or place is None or may_come_from(place, observation, again):
        return finding
    blame = guilty(observation, again)
    if not blame.is_sure or blame.observation is not None:
        return finding  # nobody knows better
    log = observation.execution.log
    cures = [location(log[conflict.second]) for conflict in blame.conflicts]
    for other in others:
        if other.place is not None and any(overlap(other.place, cure) for cure in cures):
            return other
    return FoundFailure(failure.kind, observation, failure)
