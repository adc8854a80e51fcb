"""How schedules are chosen: one file each. Their list is in ``settings/strategies.py``."""

from __future__ import annotations

from collections.abc import Callable
from pkgutil import resolve_name

from pytest_concurrency.search.execution.choices import Choices
from pytest_concurrency.search.execution.learning import Learning
from pytest_concurrency.search.execution.strategy import SearchStrategy, Start
from pytest_concurrency.settings.strategies import STRATEGIES, Entry


def _factory(entry: Entry) -> Callable[[Start], SearchStrategy]:
    made: Callable[[Start], SearchStrategy]
    made = resolve_name(entry.make) if isinstance(entry.make, str) else entry.make
    return made


# All of them now: cells make theirs in children, which would each import it again.
for _entry in STRATEGIES.values():
    _factory(_entry)


def make(
    name: str,
    choices: Choices,
    learning: Learning,
    *,
    preemptions: int | None = None,
    job: int = 0,
    schedules: int = 0,
) -> SearchStrategy:
    """Return the strategy called ``name``.

    ``preemptions`` bounds the systematic search, which only the first of several jobs does;
    ``schedules`` is how many there will be at most (0: nobody knows). Raises ValueError for an
    unknown name.
    """
    entry = STRATEGIES.get(name)
    if entry is None:
        raise ValueError(f"unknown strategy {name!r}; known are {', '.join(STRATEGIES)}")
    return _factory(entry)(Start(choices, learning, preemptions, job, schedules))
