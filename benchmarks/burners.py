"""Searches beside processes that want the CPUs, too: as quick as may be, and with the same results.

``python -m benchmarks.burners COUNT`` is what is measured: it searches once with each seed and
prints executions, seconds, threads lost out of sight, and what was found.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple
from unittest.mock import patch

from benchmarks.programs import Counter, never_fails
from benchmarks.table import Table, rate

BURNERS = 4
SEEDS = range(1, 6)


class Measured(NamedTuple):
    """What one process has measured."""

    executions: int
    seconds: float
    lost: int
    """How often a thread was taken for one that is blocked out of sight."""
    found: list[Any]
    """By seed: kind, location, number of the schedule and token of each hazard."""


def measure(quick: bool) -> Table:
    """Search with and without burners, in turn."""
    pairs, count = (1, 100) if quick else (4, 1000)
    runs: dict[int, list[Measured]] = {0: [], BURNERS: []}
    for _ in range(pairs):
        for number, measured in runs.items():
            with burning(number):
                measured.append(_search_elsewhere(count))
    everything = [one for measured in runs.values() for one in measured]
    same = all(one.found == everything[0].found for one in everything)
    return Table(
        ("burning processes", "executions", "threads lost from sight"),
        [
            (
                str(number),
                rate([one.executions / one.seconds for one in measured]),
                f"{median(one.lost for one in measured):.0f}",
            )
            for number, measured in runs.items()
        ],
        [f"same results of the same seeds: {'yes' if same else 'NO'}"],
    )


@contextmanager
def burning(number: int) -> Iterator[None]:
    """Let so many processes compute meanwhile."""
    command = [sys.executable, "-c", "while True: pass"]
    burners = [subprocess.Popen(command) for _ in range(number)]
    try:
        yield
    finally:
        for burner in burners:
            burner.kill()
            burner.wait()


def _search_elsewhere(count: int) -> Measured:
    command = [sys.executable, "-m", "benchmarks.burners", str(count)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return Measured(*json.loads(done.stdout))


def search(count: int) -> Measured:
    """Search with each seed in this process."""
    from pytest_concurrency import explore
    from pytest_concurrency.runtime.scheduler.baton import Baton

    lost = []
    take_away = Baton.take_away

    def counted(self: Any, task: Any) -> None:
        take_away(self, task)
        if task.outside:
            lost.append(task.index)

    executions, found = 0, []
    started = perf_counter()
    for seed in SEEDS:
        with patch.object(Baton, "take_away", counted):
            result = explore(
                Counter,
                [Counter.increment_often] * 2,
                never_fails,
                schedules=count,
                strategy="random",
                seed=seed,
                stop_at_first=False,
            )
        executions += result.executions
        found.append([(h.kind, h.location, h.schedule_index, h.replay) for h in result.hazards])
    return Measured(executions, perf_counter() - started, len(lost), found)


if __name__ == "__main__":
    print(json.dumps(search(int(sys.argv[1]))))
