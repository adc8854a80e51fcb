"""Executions that were given up: what they have in common."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

from pytest_concurrency.detect.detector import Finding
from pytest_concurrency.detect.telling import line_of
from pytest_concurrency.model import SiteUse, ThreadState
from pytest_concurrency.runtime.diagnosis.lock_names import thread_name

HOLDER = re.compile(r"(?: held by|the end of) (?:thread (\d+)|the main thread)$")


@dataclass(frozen=True, slots=True, eq=False)
class GivenUp(Finding):
    """An execution that did not come to its end."""

    @property
    def identity(self) -> Hashable:
        """By where the threads stood."""
        return (self.kind, self.places)

    @property
    def states(self) -> tuple[ThreadState, ...]:
        """How the threads stood."""
        return self.observation.execution.states

    @property
    def places(self) -> frozenset[tuple[str, int]]:
        """Where the threads stood that wait for each other; where it is not known who those are,
        all.
        """
        return frozenset(map(place_of, circle(self.states) or self.states))


def stuck(states: Sequence[ThreadState]) -> set[tuple[str, int]]:
    """Return where threads wait for something."""
    return {place_of(state) for state in states if state.thread and state.waits_for}


def circle(states: Sequence[ThreadState]) -> list[ThreadState]:
    """Return the threads each of which waits for a lock that the next one holds, or for its end;
    one alone may wait for what it holds itself.
    """
    waits = {state.thread: HOLDER.search(state.waits_for) for state in states}
    holders = {thread: int(found[1] or 0) for thread, found in waits.items() if found}
    for thread in holders:
        met = [thread]
        while (holder := holders.get(met[-1])) is not None:
            if holder == thread:
                return [state for state in states if state.thread in met]
            if holder in met:
                break
            met.append(holder)
    return []


def who_is_stuck(states: Sequence[ThreadState]) -> list[ThreadState]:
    """Return those who wait for what nobody will do. Threads that are nowhere in the program are
    idle: workers of a pool, say. The main thread as a rule waits for the others.
    """
    waiting = [state for state in states if state.waits_for]
    placed = [state for state in waiting if state.site is not None]
    guilty = circle(states)
    return [state for state in placed if state.thread or state in guilty] or placed or waiting


def place_of(state: ThreadState) -> tuple[str, int]:
    """Return where a thread stood; of one that kept running, which was cut off anywhere, only the
    file.
    """
    if state.waits_for and state.site is not None:
        return (state.site.path, state.site.line)
    return (state.stack[0].path if state.stack else "", 0)


def uses_of(states: Iterable[ThreadState]) -> tuple[SiteUse, ...]:
    """Return where threads stood, as sites of a hazard."""
    return tuple(
        SiteUse(state.site, state.thread, "wait" if state.waits_for else "call")
        for state in states
        if state.site is not None
    )


def how_they_stand(states: Iterable[ThreadState]) -> str:
    """Say where threads stood, and what they waited for."""
    return "; ".join(filter(None, map(_stands, states)))


def _stands(state: ThreadState) -> str:
    if state.site is None:
        return ""
    return f"{thread_name(state.thread, '')} is at {line_of(state.site)}" + (
        f" and waits for {state.waits_for}" if state.waits_for else ""
    )
