"""How schedules are chosen: one file each."""

from __future__ import annotations

from pytest_concurrency.search.execution.choices import Choices
from pytest_concurrency.search.execution.learning import Learning
from pytest_concurrency.search.execution.strategy import SearchStrategy
from pytest_concurrency.search.strategies.auto import Auto
from pytest_concurrency.search.strategies.pct import Pct
from pytest_concurrency.search.strategies.pos import Pos
from pytest_concurrency.search.strategies.random_walk import RandomWalk
from pytest_concurrency.search.strategies.surw import Surw

NAMES = ("auto", "random", "pct", "pos", "surw", "systematic")


def make(
    name: str,
    choices: Choices,
    learning: Learning,
    *,
    preemptions: int | None = None,
    job: int = 0,
) -> SearchStrategy:
    """Return the strategy called ``name``.

    ``preemptions`` bounds the systematic search, which only the first of several jobs does. Raises
    ValueError for an unknown name.
    """
    if name == "random":
        return RandomWalk(choices, learning)
    if name == "pct":
        return Pct(choices, learning)
    if name == "pos":
        return Pos(choices, learning)
    if name == "surw":
        return Surw(choices, learning)
    if name == "systematic":
        return Auto(choices, learning, preemptions, alone=True)
    if name == "auto":
        return Auto(choices, learning, preemptions, job)
    raise ValueError(f"unknown strategy {name!r}; known are {', '.join(NAMES)}")
