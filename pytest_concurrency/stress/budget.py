"""How the time of one test is divided: what each cell gets, and what one run may take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pytest_concurrency import real_time as time
from pytest_concurrency._compat import gil_enabled
from pytest_concurrency.model import Cell, Settings, StartMethod
from pytest_concurrency.stress.cells.serial import SerialFacts

LEAST_PATIENCE_SECONDS = 2.0
"""Seconds after which a run may count as hanging at the earliest."""
MOST_OVERRUN_SECONDS = 2 * LEAST_PATIENCE_SECONDS
"""Seconds by which a run that is going on may overrun the time of the test, so that what hangs is
told from what time was up for: enough for all but slow tests.
"""
LEAST_SECONDS_AT_FULL_SPEED = 3.0
"""Seconds: what a hang in a cell that nobody controls may cost, besides what its runs need."""
SECONDS_TO_START: dict[StartMethod, float] = {"fork": 0.02, "forkserver": 0.5, "spawn": 1.0}
"""What a worker process takes to start, at worst."""
RUNS_WITHOUT_GIL = 3
"""So many times the runs, and as much more of the time, free-running cells have where threads
really run at once: there they meet within single statements, which no schedule has.
"""


@dataclass(frozen=True, slots=True)
class Budget:
    """What there is for one test."""

    settings: Settings
    deadline: float
    """Of ``time.monotonic``."""

    @property
    def seconds_left(self) -> float:
        """Seconds until then; one at least."""
        return max(1.0, self.deadline - time.monotonic())

    def runs(self, cell: Cell, runs: int) -> int:
        """Return how often a cell at full speed repeats the test that is to do it ``runs`` times
        with the GIL.
        """
        return runs * _weight(cell)

    def end_of(self, cells: Sequence[Cell], facts: SerialFacts) -> float:
        """Return when the time of the first of ``cells`` is up, which are still to come: each has
        its share of what is left.
        """
        now = time.monotonic()
        cell = cells[0]
        share = (self.deadline - now) * _weight(cell) / sum(map(_weight, cells))
        if cell.kind != "explored":
            share = min(share, LEAST_SECONDS_AT_FULL_SPEED + self._full_speed(cell, facts))
        return now + share

    def _full_speed(self, cell: Cell, facts: SerialFacts) -> float:
        """Estimate, generously, the seconds that the runs of a cell at full speed take."""
        copies = max(cell.threads, 2 * cell.processes)
        start = SECONDS_TO_START[cell.start_method or "fork"]
        return self.runs(cell, self.settings.runs) * copies * (start + 5 * facts.seconds)

    def patience(self, facts: SerialFacts, method: StartMethod = "fork") -> float:
        """Return the seconds after which one run hangs, however little time its cell has;
        ``method``: how its processes are started, if it has some.
        """
        return LEAST_PATIENCE_SECONDS + 20 * (facts.seconds + SECONDS_TO_START[method])


def _weight(cell: Cell) -> int:
    return RUNS_WITHOUT_GIL if cell.kind == "free-running" and not gil_enabled() else 1


def cut_at(deadline: float) -> float:
    """Return when a run ends at the latest that began before ``deadline``. What ends it then has
    not had all the time after which it would hang, and claims nothing.
    """
    return max(deadline, time.monotonic()) + MOST_OVERRUN_SECONDS
