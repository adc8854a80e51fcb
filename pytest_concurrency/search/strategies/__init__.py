"""How schedules are chosen: one file each."""

from __future__ import annotations

from pytest_concurrency.runtime.task import Strategy
from pytest_concurrency.search.choices import Choices
from pytest_concurrency.search.strategies.auto import Auto
from pytest_concurrency.search.strategies.pct import Pct
from pytest_concurrency.search.strategies.random_walk import RandomWalk

NAMES = ("auto", "random", "pct")


def make(name: str, choices: Choices, *, turn: int = 0) -> Strategy:
    """Return the strategy called ``name``, for the executions from number ``turn`` on.

    Raises ValueError for an unknown name.
    """
    if name == "random":
        return RandomWalk(choices)
    if name == "pct":
        return Pct(choices)
    if name == "auto":
        return Auto(choices, turn)
    raise ValueError(f"unknown strategy {name!r}; known are {', '.join(NAMES)}")
