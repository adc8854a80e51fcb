"""In which cell the running test finds itself: what fixtures tell it, and how its callables are
run.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from pytest_concurrency.runtime.system.hooks import own_thread
from pytest_concurrency.stress.item.outcomes import CopyOutcome

Job = Callable[[], Any]
_HEAD_START_SECONDS = 0.1
"""Seconds before a callable counts as waiting for those that are yet to start."""


@dataclass(frozen=True, slots=True)
class End:
    """How one of several callables ended that ran at once."""

    index: int
    value: Any = None
    error: BaseException | None = None
    outcome: CopyOutcome | None = None
    """For callables that ran in a process: how it ended, also where there is no exception to raise.
    """


@dataclass(frozen=True, slots=True)
class Call:
    """One call of ``concurrency.run``."""

    is_fixed: bool
    """The test says how many callables there are, not the cell."""
    only_returns: bool
    """Each of them has returned something else that can be called, and that nobody has called."""


@dataclass(frozen=True, slots=True)
class Context:
    """One run of a test in one cell."""

    run_jobs: Callable[[Sequence[Job]], list[End]]
    """Runs callables at once, in the way of the cell."""
    count: int = 2
    """How many copies make "as many as the cell says"."""
    threads: int = 1
    iteration: int = 0
    calls: list[Call] = field(default_factory=list)
    """What has been run so far."""


_stack: list[Context] = []


def current() -> Context | None:
    """Return the context of the run that is going on; None in a plain pytest run."""
    return _stack[-1] if _stack else None


@contextmanager
def running(context: Context) -> Iterator[None]:
    """Make ``context`` the current one."""
    _stack.append(context)
    try:
        yield
    finally:
        _stack.pop()


class Hanging(Exception):  # noqa: N818 - what a run shows, not a mistake of ours
    """Threads have not ended in time; the message has their stacks."""


def run_on_threads(jobs: Sequence[Job], rng: random.Random, seconds: float = math.inf) -> list[End]:
    """Run callables on real threads, released together; raise Hanging if they do not end."""
    from pytest_concurrency.stress.cells.free_running import release_together

    ends = release_together(jobs, rng, seconds=seconds)
    stacks = [f"thread {end.index + 1}:\n{end.stack}" for end in ends if not end.finished]
    if stacks:
        raise Hanging("\n\n".join(stacks))
    return [End(end.index, end.value, end.error) for end in ends]


def run_gently(jobs: Sequence[Job]) -> list[End]:
    """Run callables on real threads, one after another as far as they do not wait for each other.

    This is for plain runs, which are not there to find out whether threads lose a race.
    """
    ends: list[End | None] = [None] * len(jobs)

    def run(index: int) -> None:
        try:
            ends[index] = End(index, jobs[index]())
        except BaseException as error:
            ends[index] = End(index, error=error)

    threads = [own_thread(run, f"copy-{index}", (index,)) for index in range(len(jobs))]
    for thread in threads:
        thread.start()
        thread.join(_HEAD_START_SECONDS)
    for thread in threads:
        thread.join()
    return [end for end in ends if end is not None]
