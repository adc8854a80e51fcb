"""The functions and sets that the garbage collector knows, and those that are new among them.

To look at all objects of a large process takes tens of milliseconds. What is new is young, or was
so when a collection began that made it old: the collector says when.
"""

from __future__ import annotations

import gc
import os
from collections import deque
from collections.abc import Iterable
from itertools import compress, islice
from types import FunctionType
from typing import Any
from weakref import ref

from pytest_concurrency._compat import FREE_THREADED_BUILD
from pytest_concurrency.instrument.immortal import FORGETS_FUNCTIONS, forgotten_functions

_HAS_GENERATIONS = gc.get_threshold()[2] > 0 and not FREE_THREADED_BUILD
"""Not with the incremental collector that some versions of 3.14 had (its last threshold is 0)."""
_LOOKED_FOR = frozenset({FunctionType, set})
_MOST_AGED = 20_000
"""What has grown old in between; beyond, all objects are looked at."""
Mark = tuple[int, int]
"""When somebody looked: the process, and how many objects had been seen to grow old."""


def everything() -> list[object]:
    """Return all functions and sets. What was there when a child began is frozen, and not known."""
    objects = gc.get_objects()
    if FORGETS_FUNCTIONS:
        objects += forgotten_functions(objects)
    return _looked_for(objects)


class _Ageing:
    """Notes what grows old."""

    def __init__(self) -> None:
        self._aged: deque[ref[Any]] = deque(maxlen=_MOST_AGED)
        self._count = 0
        self._begun = -1
        """Collections of older generations that have begun, as the collector counts them."""

    def since(self, mark: Mark | None) -> tuple[list[object] | None, Mark]:
        """Return what has come since, None if that is not known, and the mark of now."""
        now = (os.getpid(), self._count)
        if not _HAS_GENERATIONS:
            return None, now
        if self._note not in gc.callbacks:
            gc.callbacks.append(self._note)
            self._begun = -1
        is_complete = self._begun == _old_collections()
        young = _young()
        self._begun = _old_collections() if self._count == now[1] else -1
        if mark is None or mark[0] != now[0] or not is_complete or self._begun < 0:
            return None, now
        number = now[1] - mark[1]
        if number > len(self._aged):
            return None, now
        found = (each() for each in list(islice(reversed(self._aged), number)))
        return [*(obj for obj in found if obj is not None), *young], now

    def _note(self, phase: str, info: dict[str, int]) -> None:
        if phase != "start" or not info["generation"]:
            return
        self._begun += self._begun >= 0
        young = _young()
        self._count += len(young)
        self._aged.extend(map(ref, young))


def _old_collections() -> int:
    """Return how often older generations have been collected."""
    return sum(entry["collections"] for entry in gc.get_stats()[1:])


def _young() -> list[Any]:
    return [obj for n in (0, 1) for obj in _looked_for(gc.get_objects(n))]


def _looked_for(objects: Iterable[object]) -> list[Any]:
    # Hundreds of thousands, of which one in ten is one: in C.
    objects = list(objects)
    return list(compress(objects, map(_LOOKED_FOR.__contains__, map(type, objects))))


AGEING = _Ageing()
