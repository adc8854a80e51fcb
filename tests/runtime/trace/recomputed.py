"""What a trace tells of the runtime, found out without it."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable

from pytest_concurrency.runtime.trace import operations as done
from pytest_concurrency.runtime.trace.event import (
    Event,
    effect,
    location,
    operation,
    resource_of,
    site_number,
    thread_of,
)
from pytest_concurrency.runtime.trace.happens_before import HappensBefore
from pytest_concurrency.runtime.trace.resource import THREAD, Resource
from pytest_concurrency.runtime.trace.sites import INTERNAL

_WOKEN = (done.START, done.WAKE, done.EXPIRE, done.RETURN)
_STOPPED = (done.WAIT, done.LEAVE, done.END)
_WITHOUT_A_POINT = (done.ACQUIRED, done.REFUSED, done.RELEASED, done.PUT, done.GOT)


class Recomputed:
    """Who can go on, who holds which lock, and how many scheduling points each thread has passed,
    after each event of a trace.
    """

    def __init__(self) -> None:
        self.runnable = {0}
        self.steps: Counter[int] = Counter()
        self.holders: dict[Resource, int] = {}

    def go_through(self, trace: Iterable[Event]) -> None:
        """Go on to the end of ``trace``: each event must be possible."""
        for event in trace:
            self._runs(event)
            self._holds(event)
            self.steps[thread_of(event)] += _is_step(event)

    def _runs(self, event: Event) -> None:
        thread, (resource, part), op = thread_of(event), location(event), operation(event)
        if resource == THREAD and op in _WOKEN:
            self.runnable.add(part)
            return
        assert thread in self.runnable, event
        if op in _STOPPED:
            self.runnable.remove(thread)

    def _holds(self, event: Event) -> None:
        if operation(event) == done.ACQUIRED:
            assert resource_of(event) not in self.holders, event
            self.holders[resource_of(event)] = thread_of(event)
        elif operation(event) == done.RELEASED:
            self.holders.pop(resource_of(event), None)


def _is_step(event: Event) -> bool:
    """Whether a scheduling point precedes it, or it counts as one: a wait, the end of a thread."""
    if operation(event) in (done.STEP, done.WAIT, done.END):
        return True
    return site_number(event) != INTERNAL and operation(event) not in _WITHOUT_A_POINT


# -- happens-before, by its definition --------------------------------------------------


def ordered_by_definition(trace: list[Event]) -> set[tuple[int, int]]:
    """Return the pairs that program order and synchronisation order: their transitive closure."""
    after: list[set[int]] = [set() for _ in trace]
    for one, other in reversed(list(itertools.combinations(range(len(trace)), 2))):
        first, second = trace[one], trace[other]
        is_own = thread_of(first) == thread_of(second)
        meets = effect(first).sends and effect(second).receives
        if is_own or (meets and location(first) == location(second)):
            after[one] |= {other, *after[other]}
    return {(one, other) for one, others in enumerate(after) for other in others}


def assert_as_defined(trace: list[Event]) -> None:
    order = HappensBefore(trace)
    by_definition = ordered_by_definition(trace)
    for one, other in itertools.combinations(range(len(trace)), 2):
        assert order.is_before(one, other) == ((one, other) in by_definition), (one, other)
        assert not order.is_before(other, one)
        assert order.are_unordered(one, other) != order.is_before(one, other)
