"""What it costs to run a test's callables in threads, and in processes."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, log10
from typing import Literal

StartedBy = Literal["threads", "fork", "spawn", "forkserver"]
NEVER_SECONDS = -1.0
"""Whatever the length, it does not pay; or that is not known."""


@dataclass(frozen=True, slots=True)
class Start:
    """What it takes to start two that do nothing, and to wait for their end."""

    by: StartedBy
    """Threads, or processes by one of the start methods."""
    seconds: float
    """A median."""
    pays_from: float = NEVER_SECONDS
    """Processes: how many seconds each of two callables has to compute for two processes to be
    sooner done than two threads."""


@dataclass(frozen=True, slots=True)
class Costs:
    """What one test's callables cost, the plugin's own work left out; all seconds are medians."""

    run_seconds: float
    """That one callable takes, on code as it is."""
    message_bytes: int
    """Size of what a callable returns, as it is sent from a process; 0 if it returns nothing."""
    message_seconds: float
    """To pickle that, send it through a pipe, and read it back."""
    starts: tuple[Start, ...]


def duration(seconds: float) -> str:
    """Say how long something takes, with two digits: ``0.12 ms``, ``3.1 ms``, ``1.2 s``."""
    value, unit = (seconds, "s") if seconds >= 1 else (seconds * 1000, "ms")
    return f"{value:.{max(0, 1 - floor(log10(value)) if value > 0 else 0)}f} {unit}"
