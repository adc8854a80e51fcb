"""Which pairs of a read and a write may be a pattern, as far as the source tells: asked of each new
interleaving before its events are gone through.

The executions of one search come to the same few sites, whatever their order. So the pairs are
computed once for what is done at which sites, and most interleavings need not be looked at: what
they may show is known.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from pytest_concurrency.detect.observation import Done
from pytest_concurrency.kinds import ATOMICITY_VIOLATION
from pytest_concurrency.runtime.trace.operations import READ, WRITE
from pytest_concurrency.runtime.trace.sites import SITES

_REMEMBERED = 512
"""Sets of sites: a search comes to a new one now and then."""


class Candidates(NamedTuple):
    """Sites of a read and a write, as keys of findings have them. No execution shows others."""

    updates: frozenset[tuple[int, int]]
    """What may be a lost update: the value may flow, or that is not known."""
    decisions: frozenset[tuple[str, int, int]]
    """What may be a check-then-act: the value does not flow, as far as one function shows."""


@lru_cache(_REMEMBERED)
def candidates(done: Done) -> Candidates:
    """Return what may be found where this has been done."""
    reads = [number for number, operation in done if operation == READ]
    given_away = [number for number in reads if SITES[number].is_given_away]
    updates: set[tuple[int, int]] = set()
    decisions: set[tuple[str, int, int]] = set()
    for write, operation in done:
        if operation == WRITE:
            site = SITES[write]
            sources = reads if site.is_tracked else site.flows.intersection(reads)
            updates.update((read, write) for read in sources)
            if site.is_given:
                updates.update((read, write) for read in given_away)
            decisions.update(
                (ATOMICITY_VIOLATION, read, write) for read in reads if read not in site.flows
            )
    return Candidates(frozenset(updates), frozenset(decisions))
