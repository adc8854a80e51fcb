"""Compares two executions of one schedule."""

from __future__ import annotations

from pathlib import Path

from pytest_concurrency.detect.detector import Finding
from pytest_concurrency.detect.observation import Observation
from pytest_concurrency.runtime.trace.event import (
    Event,
    site_number,
    thread_and_site,
    thread_of,
)
from pytest_concurrency.runtime.trace.sites import SITES


def is_same(again: Finding, first: Finding) -> bool:
    """Whether a replay shows what it should."""
    # An endless execution may be cut off a little later, where threads stand elsewhere.
    endless = first.is_cut_off and again.kind == first.kind
    return endless or again.identity == first.identity


def runs_alike(again: Observation, first: Observation) -> bool:
    """Whether two executions have done the same things in the same order, as far as both are
    recorded.
    """
    one, two = first.execution.log, again.execution.log
    if first.execution.is_partial and not again.execution.is_partial:
        recorded = set(map(site_number, one))
        two = [event for event in two if site_number(event) in recorded]
    return list(map(thread_and_site, one)) == list(map(thread_and_site, two))


def parted(again: Finding, first: Finding) -> str:
    """Say where two runs of one schedule differ; empty if they do not."""
    one, two = first.observation.execution.log, again.observation.execution.log
    for number, (event, other) in enumerate(zip(one, two, strict=False)):
        if thread_and_site(event) != thread_and_site(other):
            places = f"{_line(event)}, then {_line(other)}"
            return f" (they part after {number} steps: first at {places})"
    if len(one) == len(two) or first.is_cut_off:  # which is cut off somewhere
        return ""
    return f" ({len(one)} steps, then {len(two)})"


def _line(event: Event) -> str:
    site = SITES[site_number(event)]
    return f"{Path(site.path).name}:{site.line} in thread {thread_of(event)}"
