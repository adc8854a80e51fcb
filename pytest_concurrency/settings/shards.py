"""The share of a test's schedules and runs that is done here, where several machines do one each.

Shares differ by where chance starts. What cannot be shared, the search for *all* interleavings, is
part of the first one.
"""

from __future__ import annotations

from dataclasses import replace

from pytest_concurrency.model import Settings
from pytest_concurrency.settings.strategies import STRATEGIES


def share_of(settings: Settings) -> Settings:
    """Return the settings with the number of schedules and runs that are done here: no schedules,
    except in the first share, where each follows from those before.
    """
    number, of = settings.shard
    if of == 1:
        return settings
    schedules = _share(settings.schedules, number, of)
    if STRATEGIES[settings.strategy].in_one_job:
        schedules = settings.schedules if number == 1 else 0
    runs = max(_share(settings.runs, number, of), 1) if settings.runs else 0
    return replace(settings, schedules=schedules, runs=runs)


def seed_of(seed: str, settings: Settings) -> str:
    """Return where the chance of this share starts, for a test whose chance starts at ``seed``."""
    number, _ = settings.shard
    return seed if number == 1 else f"{seed} shard {number}"


def _share(count: int, number: int, of: int) -> int:
    return count // of + (number <= count % of)
