"""Living with pytest-timeout: its timers guard ordinary runs; cells have deadlines of their own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from pytest_concurrency.stress.item.rerun import CALLER

_SETTINGS = pytest.StashKey[Any]()


def note_timer(item: pytest.Item, settings: Any) -> bool | None:
    """Remember with which settings a timer is set; True, so that none is set, if a cell runs the
    item.
    """
    if CALLER in item.stash:
        return True
    item.stash[_SETTINGS] = settings
    return None


@contextmanager
def paused(item: pytest.Item) -> Iterator[None]:
    """Run a block without the item's timer, and start that from the beginning afterwards."""
    settings = item.stash.get(_SETTINGS, None)
    if settings is not None:
        item.ihook.pytest_timeout_cancel_timer(item=item)
    try:
        yield
    finally:
        if settings is not None:
            item.ihook.pytest_timeout_set_timer(item=item, settings=settings)
