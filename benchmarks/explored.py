"""What code takes in an execution, with nothing of what a search does before and after."""

from __future__ import annotations

from collections.abc import Callable
from time import process_time
from typing import TypeVar

from pytest_concurrency import explore

State = TypeVar("State")
_WARM = 1
"""Executions before those that are measured: the first one learns where threads conflict."""


def cpu_seconds(worker: Callable[[State], object], times: int, state: State) -> float:
    """Return the CPU time of one execution with ``worker`` alone: the mean of ``times``."""
    starts: list[float] = []

    def setup() -> State:
        starts.append(process_time())
        return state

    count = _WARM + times + 1
    found = explore(setup=setup, workers=[worker], schedules=count, strategy="random")
    if found.hazards:
        raise RuntimeError(f"it should run to its end: {found.hazards[0].message}")
    return (starts[_WARM + times] - starts[_WARM]) / times
