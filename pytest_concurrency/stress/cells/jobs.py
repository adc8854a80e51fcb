"""Searching the schedules of one cell in several processes at once, each on a CPU of its own.

What comes out does not depend on timing: a job that has found something says after how many
executions it, and all others, may stop; what somebody does beyond that is forgotten.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Protocol

from pytest_concurrency.model import Hazard, badness
from pytest_concurrency.search.bounded import Search, TooLong
from pytest_concurrency.stress.cells.apart import hangs_nowhere, hazard_of_death
from pytest_concurrency.stress.children.child import ChildResult, Progress, run_in_children

_WIDTH = 8


class Job(Protocol):
    """Does one job's share of a search."""

    def __call__(self, job: int, is_over: Callable[[int], bool], progress: Progress) -> Search:
        """Search; ``is_over`` gets the number of executions done."""
        ...


class _Board:
    """Memory that all jobs share: after how many executions all may stop, in each one's view."""

    def __init__(self, jobs: int) -> None:
        self._memory = mmap.mmap(-1, _WIDTH * jobs)
        self._offsets = range(0, _WIDTH * jobs, _WIDTH)

    def enter(self, job: int, executions: int) -> None:
        offset = self._offsets[job]
        before = int.from_bytes(self._memory[offset : offset + _WIDTH], "little")
        executions = min(executions, before or executions)
        self._memory[offset : offset + _WIDTH] = executions.to_bytes(_WIDTH, "little")

    def is_over(self, executions: int) -> bool:
        entries = (
            int.from_bytes(self._memory[offset : offset + _WIDTH], "little")
            for offset in self._offsets
        )
        return any(0 < entry <= executions for entry in entries)


def cpus() -> list[int]:
    """Return the CPUs that this process may use; empty where the system does not say."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


def search_in_jobs(
    job: Job, jobs: int, threads: int, seconds: float, progress: Progress, more: int = 0
) -> Search:
    """Let ``jobs`` processes search for at most ``seconds``, and merge what they found.

    After the first hazard they may go on for ``more`` executions.
    """
    board = _Board(jobs)
    works = [partial(_work, job, number, board, more) for number in range(jobs)]
    children = run_in_children(works, seconds=seconds, on_progress=progress)
    return merged([_found(child, threads) for child in children], more)


def _work(job: Job, number: int, board: _Board, more: int, progress: Progress) -> Search:
    allowed = cpus()
    if allowed:
        with suppress(OSError):
            os.sched_setaffinity(0, {allowed[number % len(allowed)]})

    def progressing(message: object) -> None:
        if isinstance(message, Hazard) and message.is_error:
            board.enter(number, message.schedule_index + more)
        progress(message)

    found = job(number, board.is_over, progressing)
    if _has_ended(found):
        board.enter(number, _end(found, more))
    return found


def _has_ended(found: Search) -> bool:
    """Whether others need not go on for long, either."""
    return found.exhausted or any(hazard.is_error for hazard in found.hazards)


def _end(found: Search, more: int) -> int:
    """Return after how many executions all may stop, judging by what one job found."""
    ends = [hazard.schedule_index + more for hazard in found.hazards if hazard.is_error]
    return min([*ends, found.executions]) if found.exhausted or not ends else min(ends)


def _found(child: ChildResult[Search], threads: int) -> Search:
    """Return what a job found; a job whose process did not come back has found that."""
    if child.status == "done" and child.value is not None:
        return child.value
    if child.status == "raised":
        raise RuntimeError(child.error)
    last = child.progress[-1].partition("/")[0] if child.progress else ""
    executions = int(last) + 1 if last.isdigit() else 1
    if hangs_nowhere(child):
        return Search(executions, tuple(child.kept), child.seconds, "time was up")
    hazard = hazard_of_death(child, executions, threads)
    return Search(executions, (*child.kept, hazard), child.seconds)


def merged(searches: Sequence[Search], more: int = 0) -> Search:
    """Merge what jobs found, in the order of the jobs."""
    ends = [_end(each, more) for each in searches if _has_ended(each)]
    most = min(ends, default=max(each.executions for each in searches))
    first = searches[0]
    hazards: dict[object, Hazard] = {}
    for hazard in (hazard for each in searches for hazard in each.hazards):
        if hazard.schedule_index <= most:
            hazards.setdefault(hazard.identity, hazard)
    interleavings: dict[int, int] = {}
    for each in searches:
        for fingerprint, number in each.interleavings.items():
            if number <= most:
                interleavings.setdefault(fingerprint, number)
    too_long = None if ends else _too_long(searches)
    return replace(
        first,
        executions=sum(min(each.executions, most) for each in searches),
        hazards=tuple(sorted(hazards.values(), key=badness)),
        seconds=max(each.seconds for each in searches),
        reason="" if ends else _reason(searches, too_long),
        too_long=too_long,
        exhausted=first.exhausted and first.executions <= most,
        interleavings=interleavings,
        shares_nothing=all(each.shares_nothing for each in searches),
        warnings=tuple({each.identity: each for s in searches for each in s.warnings}.values()),
    )


def _too_long(searches: Sequence[Search]) -> TooLong | None:
    """Add up what fitted, if it was too long for some jobs, and no other one ran out of time."""
    told = [each.too_long for each in searches if each.too_long is not None]
    if not told or any(each.reason and each.too_long is None for each in searches):
        return None
    fitted = sum(each.too_long.fitted if each.too_long else each.executions for each in searches)
    # A job that did all of its share has executed as often as was planned.
    planned = sum(each.too_long.planned if each.too_long else each.executions for each in searches)
    return TooLong(max(each.points for each in told), fitted, planned)


def _reason(searches: Sequence[Search], too_long: TooLong | None) -> str:
    """Say why the jobs together did fewer executions than were asked for."""
    if too_long is not None:
        return str(too_long)
    return next((each.reason for each in searches if each.reason and not each.too_long), "")
