"""What a search executes."""

from __future__ import annotations

from typing import Protocol

from pytest_concurrency.detect.observation import Observation
from pytest_concurrency.runtime.tasks.protocols import Strategy


class Runner(Protocol):
    """Runs the program under test once, from a fresh state, under a strategy."""

    def __call__(self, strategy: Strategy, limit: int, record: bool, /) -> Observation:
        """Execute once; at most ``limit`` scheduling points; with ``record`` note every access."""
        ...
