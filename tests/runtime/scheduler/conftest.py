"""A baton of its own for each test: the one of this process belongs to explorations."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pytest_concurrency.runtime.scheduler.baton import Baton


@pytest.fixture
def baton() -> Iterator[Baton]:
    one = Baton()
    yield one
    one.pool.close()
