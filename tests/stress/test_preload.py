"""What a test imports while it runs is loaded and instrumented before later executions."""

from __future__ import annotations

import queue
import sys

from pytest_concurrency.instrument.scope import Scope
from pytest_concurrency.instrument.swap import Instrumentation
from pytest_concurrency.stress.cells.preload import imported_since


def test_modules_that_block_are_among_them() -> None:
    before = set(sys.modules) - {queue.__name__, __name__, "json"}
    assert imported_since(before, Instrumentation(Scope([]))) == ("queue",)
