"""What one test is stressed with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Gate = Literal["marked", "all", "none"]
Selection = Literal["marked", "all"]
StartMethod = Literal["fork", "spawn", "forkserver"]


@dataclass(frozen=True, slots=True)
class Ignored:
    """A pattern of hazards that are known and may stay (``settings/ignored.py`` reads it)."""

    text: str
    """As it was written."""
    kind: str
    """``*``: any."""
    location: str
    """Empty: anywhere."""
    site: str
    """A file, a file and line, or a function; empty: any."""
    reason: str


@dataclass(frozen=True, slots=True)
class Settings:
    """What one test is stressed with: command line, ini file and marker, merged
    (``options.py``).
    """

    threads: tuple[int, ...] = (2, 4)
    processes: tuple[int, ...] = (2,)
    schedules: int = 200
    """Controlled schedules per explored cell."""
    runs: int = 20
    """Repeats per free-running cell and per process cell."""
    strategy: str = "auto"
    preemptions: int = -1
    """Most preemptions of a schedule that the systematic search tries; -1: any number."""
    jobs: int = 1
    """Processes that search the schedules of one cell at the same time; 0: one per CPU."""
    shard: tuple[int, int] = (1, 1)
    """Which share of the schedules and runs is done here (from 1), of how many: others are done
    elsewhere.
    """
    seed: str = ""
    """Empty: derived from the test's id. Otherwise whatever the user gave, mixed with the test's
    id.
    """
    time: float = 60.0
    """Seconds that all cells of one test may take together."""
    start_method: tuple[StartMethod, ...] = ("fork",)
    """How workers of process cells are started: a cell for each."""
    by_default: StartMethod | None = None
    """How ``multiprocessing`` starts processes, if that is another way, which nobody has asked for:
    where processes meet outside memory, they do so a few times there, too.
    """
    gate: Gate = "marked"
    source: tuple[str, ...] = ()
    """Top-level packages to instrument besides the project's own files."""
    ignore: tuple[Ignored, ...] = ()
    """Hazards that are accepted."""
