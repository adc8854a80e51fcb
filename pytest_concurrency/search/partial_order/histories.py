"""Whether what threads do follows from what is seen of them.

Partial order reduction rests on it: a thread that has done the same things, and met the same of
what others have done, does the same next. Where it does not, threads meet out of sight (a cache of
the standard library, an object that dies, a clock), and another order of what is seen to be
independent may make a difference.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Final

from pytest_concurrency.runtime.trace.event import Event, rows
from pytest_concurrency.runtime.trace.operations import (
    ACQUIRED,
    EXPIRE,
    REFUSED,
    START,
    TRY,
)
from pytest_concurrency.runtime.trace.resource import Resource
from pytest_concurrency.search.partial_order.footprints import CHANGES, effects, overlapping

_TRIES: Final = {ACQUIRED: TRY, REFUSED: TRY}
"""What was tried, whatever came of it."""


class Histories:
    """What threads have done next, by what they had done and met, in all executions so far."""

    def __init__(self) -> None:
        self._next: dict[int, object] = {}

    def contradict(self, trace: Iterable[Event]) -> bool:
        """Whether a thread has done something else than one with the same history did before."""
        histories: defaultdict[int, int] = defaultdict(int)
        children: defaultdict[int, int] = defaultdict(int)
        changed: dict[Resource, dict[Any, int]] = {}
        for thread, site, resource, part, op in rows(trace):
            if op == START:
                children[thread] += 1
                histories[part] = hash((histories[thread], children[thread], START))
                continue
            if op == EXPIRE:
                histories[part] = hash((histories[part], EXPIRE))
                continue
            met = []
            is_change = False
            for (where, inner), effect in effects(site, resource, part, op):
                parts = changed.setdefault(where, {})
                met += [parts[each] for each in overlapping(parts, inner)]
                is_change = is_change or bool(effect & CHANGES)
            if not met and not is_change and not effects(site, resource, part, op):
                continue
            history = histories[thread]
            done = (site, _TRIES.get(op, op))
            if self._next.setdefault(history, done) != done:
                return True
            histories[thread] = history = hash((history, done, op, tuple(sorted(met))))
            if is_change:
                for (where, inner), effect in effects(site, resource, part, op):
                    if effect & CHANGES:
                        changed[where][inner] = history
        return False
