"""Where a thread has to be interrupted for an interleaving to happen: between which of its events.

What others have done while a thread was interrupted has to come after its last event that this
conflicts with, and before the next one. Anywhere between these two the interruption gives the same
interleaving, as far as anybody can tell (Mazurkiewicz, "Trace Theory", 1987).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from pytest_concurrency.detect.observation import Execution
from pytest_concurrency.runtime.trace.event import Event, Log, location, operation, thread_of
from pytest_concurrency.runtime.trace.operations import LEAVE, ONLY_READ, WAIT
from pytest_concurrency.runtime.trace.resource import overlap


def windows(execution: Execution) -> Iterator[Sequence[int]]:
    """Yield, for each time that a thread was interrupted, those of its events (as indices into the
    log) in between which it may have been; at least two. Who waits is not interrupted, nor is who
    has not done anything yet, or does nothing more, that others could tell.
    """
    log = execution.log
    waits = [(at, thread) for at, thread, *_, op in execution.noted if op in (WAIT, LEAVE)]
    for thread in sorted(set(map(thread_of, log))):
        own = [index for index, event in enumerate(log) if thread_of(event) == thread]
        stops = [at for at, who in waits if who == thread]
        for number, (one, other) in enumerate(pairwise(own)):
            if other > one + 1 and not any(one < at <= other for at in stops):
                first = _last_that_conflicts(log, own[: number + 1], other)
                last = _first_that_conflicts(log, own[number + 1 :], one)
                if first is not None and last is not None:
                    yield own[own.index(first) : own.index(last) + 1]


def _last_that_conflicts(log: Log, before: Sequence[int], end: int) -> int | None:
    return next((each for each in reversed(before) if _meets(log, each, each, end)), None)


def _first_that_conflicts(log: Log, after: Sequence[int], start: int) -> int | None:
    return next((each for each in after if _meets(log, each, start, each)), None)


def _meets(log: Log, index: int, start: int, end: int) -> bool:
    event = log[index]
    others = (each for each in log[start + 1 : end] if thread_of(each) != thread_of(event))
    return any(_conflict(event, each) for each in others)


def _conflict(one: Event, other: Event) -> bool:
    only_read = operation(one) in ONLY_READ and operation(other) in ONLY_READ
    return not only_read and overlap(location(one), location(other))
