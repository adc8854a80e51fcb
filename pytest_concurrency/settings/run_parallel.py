"""What the markers of pytest-run-parallel mean here, whether that plugin is there or not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from .rules import RULES, shown

MARKERS = (
    "parallel_threads(n): stress the test with n threads; n = 1: never stress it",
    "force_parallel_threads(n): the same, and stronger than parallel_threads",
    "parallel_threads_limit(n): stress the test with at most n threads; n = 1: never stress it",
    "iterations(n): number of free-running repeats when the test is stressed",
)
_FORCES = ("force_parallel_threads", "parallel_threads")
_LIMIT = "parallel_threads_limit"


class MarkerError(ValueError):
    """A marker with an argument that it does not take; the message is for the user."""


def thread_counts(item: pytest.Item, usual: tuple[int, ...]) -> tuple[int, ...] | None:
    """Return the thread counts that the markers give, ``usual`` being those of the session; None
    if they give none.
    """
    for marker in _FORCES:
        given: tuple[int, ...] | None = _number(item, marker, "threads")
        if given is not None:
            return given
    limit = _number(item, _LIMIT, "threads")
    if limit is None:
        return None
    return tuple(count for count in usual if count <= max(limit)) or limit


def repeats(item: pytest.Item) -> int | None:
    """Return the number of free-running repeats that ``iterations`` gives."""
    number: int | None = _number(item, "iterations", "runs")
    return number


def opts_out(item: pytest.Item) -> str:
    """Return the marker by which a test asks for one thread only; empty if there is none."""
    return next((f"{name}(1)" for name, number in _numbers(item) if number == 1), "")


def _numbers(item: pytest.Item) -> Iterator[tuple[str, object]]:
    """Yield those that count: a force beats a limit."""
    names = [name for name in _FORCES if item.get_closest_marker(name)][:1] or [_LIMIT]
    for name in names:
        mark = item.get_closest_marker(name)
        if mark is not None and mark.args:
            yield name, mark.args[0]


def _number(item: pytest.Item, marker: str, setting: str) -> Any:
    """Check the one number that such a marker carries; None: no marker, or ``"auto"``."""
    mark = item.get_closest_marker(marker)
    if mark is None:
        return None
    if len(mark.args) != 1 or mark.kwargs:
        given = [
            *map(shown, mark.args),
            *(f"{name}={shown(value)}" for name, value in mark.kwargs.items()),
        ]
        raise MarkerError(
            f"{marker}({', '.join(given)}): expected one positional argument, an integer"
        )
    number = mark.args[0]
    if number == "auto" and setting == "threads":
        return None
    try:
        return RULES[setting].check(number)
    except ValueError as error:
        raise MarkerError(f"{marker}({shown(number)}): expected {error}") from None
