"""How many orders there may be: whether a search for all of them has an end in sight."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import dropwhile
from math import comb

from pytest_concurrency.runtime.trace.resource import Location
from pytest_concurrency.search.partial_order.footprints import CHANGES, GIVES, TAKES
from pytest_concurrency.search.partial_order.transitions import Transition


def orders_of_changes(transitions: Iterable[Transition]) -> int:
    """Return in how many orders threads could have changed the one location that has most of them,
    if nothing but that had an order. That a lock is given back goes with that it was taken; what
    comes before the first thread starts is set-up.
    """
    changes: defaultdict[Location, Counter[int]] = defaultdict(Counter)
    for each in dropwhile(lambda transition: not transition.started, transitions):
        for resource, parts in each.footprint.items():
            for part, effect in parts.items():
                if effect & CHANGES and (effect & TAKES or not effect & GIVES):
                    changes[resource, part][each.thread] += 1
    return max(map(_shuffles, changes.values()), default=1)


def _shuffles(counts: Counter[int]) -> int:
    """Return in how many ways sequences of these lengths can be merged."""
    found, length = 1, 0
    for count in counts.values():
        length += count
        found *= comb(length, count)
    return found
