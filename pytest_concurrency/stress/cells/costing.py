"""What a test's callables cost, measured by the way: in the test's own process, whose size decides
how long a fork takes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median
from typing import Final, NamedTuple

from pytest_concurrency.costs.measure import message, processes_start, threads_start
from pytest_concurrency.model import Costs, Start, StartMethod
from pytest_concurrency.stress.children.child import fork_quietly

_TRIES = 3


class Work(NamedTuple):
    """One call of a callable in a process."""

    seconds: float
    message_bytes: int = 0
    """Size of its result, pickled; 0 if it returns nothing."""
    message_seconds: float = 0.0
    """To pickle that and read it back."""


NO_WORK: Final = Work(0)


@dataclass(slots=True)
class Costing:
    """Collects the calls of one test on code as it is."""

    works: list[Work] = field(default_factory=list)

    def add(self, works: Iterable[Work]) -> None:
        """Take note of the calls of one run."""
        self.works += works

    def costs(self, method: StartMethod) -> Costs | None:
        """Return what is known, and measure how long two threads, and two forked processes, take
        to start here; None if no call is known.
        """
        if not self.works:
            return None
        starts = [Start("threads", threads_start())]
        if method == "fork":
            with fork_quietly():
                starts.append(Start("fork", processes_start("fork", _TRIES)))
        seconds, sizes, sending = zip(*self.works, strict=True)
        size = round(median(sizes))
        sent = median(sending) + message(size) if size else 0.0
        return Costs(median(seconds), size, sent, tuple(starts))
