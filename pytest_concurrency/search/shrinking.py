"""Shortens the schedule of a suspect: fewer preemptions that show the same hazard."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pytest_concurrency.model import Schedule
from pytest_concurrency.real_time import monotonic
from pytest_concurrency.search.observation import Suspect

Switches = tuple[tuple[int, int, int], ...]
Replayer = Callable[[Schedule, int], "Suspect | None"]
"""Runs a schedule with at most so many scheduling points, and judges the execution."""
_SHRINKING = 60
"""Executions that shortening one schedule may take."""
_LONGER = 3
"""How many times as long as the execution that is shortened another one may be."""
_SHORTEST_LIMIT = 200


def shortened(suspect: Suspect, replay: Replayer, *, limit: int, deadline: float) -> Suspect:
    """Look for the fewest preemptions, then the fewest deviations, that show the same hazard.

    ``limit`` is that of scheduling points, ``deadline`` one of ``time.monotonic``.
    """
    best = suspect
    budget = _SHRINKING
    # Without the switches of a fair schedule a loop that waits would go on to the limit.
    steps = suspect.observation.execution.steps
    limit = min(limit, _LONGER * steps + _SHORTEST_LIMIT)
    tried: set[Switches] = set()
    is_shorter = True
    while is_shorter:
        is_shorter = False
        for switches in _simpler(tuple(best.observation.execution.switches)):
            if budget <= 0 or monotonic() > deadline:
                return best
            if switches in tried:
                continue
            tried.add(switches)
            budget -= 1
            candidate = replay(Schedule(switches), limit)
            if (
                candidate is not None
                and candidate.identity == suspect.identity
                and candidate.size < best.size
            ):
                best = candidate
                is_shorter = True
                break
    return best


def _simpler(switches: Switches) -> Iterator[Switches]:
    """Yield schedules to try instead: none or one of the deviations, also with the threads' roles
    exchanged; then all but one, and all but two neighbours (there and back).
    """
    if len(switches) > 1:
        yield ()
        for thread, step, to in switches:
            yield ((thread, step, to),)
            if thread and to:
                yield ((to, step, thread),)
    for length in (1, 2):
        for position in reversed(range(len(switches) - length + 1)):
            yield switches[:position] + switches[position + length :]
