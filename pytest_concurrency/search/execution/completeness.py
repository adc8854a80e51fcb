"""Where a search must not say that it has run everything, although it has run all its schedules."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from pytest_concurrency._compat import FREE_THREADED_BUILD
from pytest_concurrency.runtime.trace.sites import SITES

DIES_LATE = FREE_THREADED_BUILD
"""Whether an object that another thread than its maker lets go of dies at some later time: builds
without the GIL count references in two parts, and put them together when they get round to it.
"""
_NOTICES_DEATH = ("weakref", "__del__")


def may_be_complete(sites: Iterable[int]) -> bool:
    """Whether the order of the accesses at these sites is all that decides what happens.

    It is not where objects die at any time, and the program can tell.
    """
    return not DIES_LATE or not any(map(_notices_death, {SITES[site].path for site in sites}))


@lru_cache(maxsize=1024)
def _notices_death(path: str) -> bool:
    try:
        source = Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return True
    return any(word in source for word in _NOTICES_DEATH)
