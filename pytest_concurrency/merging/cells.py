"""What the shares of one cell add up to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import accumulate

from pytest_concurrency.model import CellOutcome, CellResult, Hazard, badness

_RANKED: tuple[CellOutcome, ...] = ("hazard", "fails", "not-shared", "error", "clean", "skipped")
"""The outcome of several shares is the first of these that one has: what one has shown holds."""
_CONTROLS = ("fails", "not-shared", "clean", "")


def merged_cell(shares: Sequence[CellResult]) -> CellResult:
    """Merge the results of one cell, in the order of the shares.

    All interleavings are those of one share; of distinct ones the most that one had are claimed,
    since nobody knows how many of the others' were the same.
    """
    worst = min(shares, key=lambda share: _RANKED.index(share.outcome))
    complete = max(shares, key=lambda share: (share.exhausted, share.covered))
    hazards = tuple(_distinct(_renumbered(shares)))
    return replace(
        worst,
        schedules=sum(share.schedules for share in shares),
        planned=sum(share.planned for share in shares),
        distinct=max(share.distinct for share in shares),
        exhausted=complete.exhausted,
        covered=complete.covered,
        preemption_bound=complete.preemption_bound,
        reduced=complete.reduced,
        strategy=next((share.strategy for share in shares if share.strategy), ""),
        seconds=sum(share.seconds for share in shares),
        hazards=hazards,
        control=min((share.control for share in shares), key=_CONTROLS.index),
        notes=tuple(dict.fromkeys(note for share in shares for note in share.notes)),
        shares_nothing=any(share.shares_nothing for share in shares) and not hazards,
        costs=next((share.costs for share in shares if share.costs is not None), None),
        meets=any(share.meets for share in shares),
        own_fixtures=any(share.own_fixtures for share in shares),
    )


def _renumbered(shares: Sequence[CellResult]) -> Iterable[Hazard]:
    """Yield the hazards, their schedules numbered through all shares."""
    before = accumulate((share.schedules for share in shares), initial=0)
    for share, shift in zip(shares, before, strict=False):
        for hazard in share.hazards:
            index = hazard.schedule_index
            yield replace(hazard, schedule_index=index + shift if index else 0)


def _distinct(hazards: Iterable[Hazard]) -> list[Hazard]:
    """Return each hazard once: where it was seen first, and how often in all shares."""
    found: dict[object, Hazard] = {}
    for hazard in hazards:
        known = found.get(hazard.identity)
        if known is None:
            found[hazard.identity] = hazard
        else:
            found[hazard.identity] = replace(known, failures=known.failures + hazard.failures)
    return sorted(found.values(), key=badness)
