"""The figures of a machine, and what follows from them for a test.

They are measured by a program of their own (``python -m pytest_concurrency cost``), since a spawned
process runs its parent's main module once more.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict, dataclass, replace
from typing import Any

from pytest_concurrency._compat import gil_enabled
from pytest_concurrency.costs.measure import (
    LARGE_BYTES,
    SMALL_BYTES,
    message,
    processes_start,
    start_methods,
    threads_start,
)
from pytest_concurrency.model import Costs, Start
from pytest_concurrency.model.costs import NEVER_SECONDS

_LONGEST_SECONDS = 30
_TRIES = {"fork": 11, "spawn": 5, "forkserver": 5}


@dataclass(frozen=True, slots=True)
class Figures:
    """What things cost on this machine, in seconds."""

    starts: dict[str, float]
    """Two of each: threads, and processes by start method."""
    small_message: float
    """Of ``SMALL_BYTES``."""
    large_message: float
    """Of ``LARGE_BYTES``."""


def measured() -> Figures:
    """Measure in this process."""
    starts = {"threads": threads_start()}
    starts |= {method: processes_start(method, _TRIES[method]) for method in start_methods()}
    return Figures(starts, message(SMALL_BYTES), message(LARGE_BYTES))


def measured_apart() -> Figures | None:
    """Let a process of its own measure; None if that does not work out."""
    command = [sys.executable, "-m", "pytest_concurrency", "cost", "--json"]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_LONGEST_SECONDS, check=True
        )
        return from_json(json.loads(done.stdout))
    except (OSError, subprocess.SubprocessError, ValueError):
        return None


def to_json(figures: Figures) -> dict[str, Any]:
    """Return plain data."""
    return asdict(figures)


def from_json(data: Any) -> Figures:
    """Take it back; raises ValueError if it is something else."""
    try:
        starts = {str(by): float(seconds) for by, seconds in data["starts"].items()}
        return Figures(starts, float(data["small_message"]), float(data["large_message"]))
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"no figures: {data!r}") from error


def completed(costs: Costs, figures: Figures | None) -> Costs:
    """Add to what was measured in the test's own process how long other start methods take, which
    does not depend on that, as far as it is known; and say from where on processes pay.
    """
    known = {start.by for start in costs.starts}
    elsewhere = {} if figures is None else figures.starts
    others = tuple(
        Start(method, elsewhere[method])
        for method in start_methods()
        if method not in known and method in elsewhere
    )
    costs = replace(costs, starts=(*costs.starts, *others))
    return replace(costs, starts=tuple(_with_profit(each, costs) for each in costs.starts))


def _with_profit(start: Start, costs: Costs) -> Start:
    threads = next((each.seconds for each in costs.starts if each.by == "threads"), None)
    if start.by == "threads" or threads is None:
        return start
    gain = pays_from(start.seconds, threads, costs.message_seconds, gil=gil_enabled())
    return replace(start, pays_from=gain)


def pays_from(processes: float, threads: float, a_message: float, *, gil: bool) -> float:
    """Return how many seconds each of two callables has to compute for processes to be sooner done.

    With the GIL two threads that compute ``w`` seconds each take ``threads + 2 * w``, two processes
    ``processes + w + 2 * a_message``. Without it threads compute at once, too.
    """
    return max(processes + 2 * a_message - threads, 0.0) if gil else NEVER_SECONDS
