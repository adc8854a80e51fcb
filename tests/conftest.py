"""What the tests share."""

from __future__ import annotations

# Runs of pytest in this process drop the modules that they import: whoever pickles must not meet
# two generations of these.
import multiprocessing.forkserver
import multiprocessing.heap
import multiprocessing.resource_tracker
import multiprocessing.sharedctypes
import multiprocessing.spawn
import multiprocessing.synchronize  # noqa: F401

import pytest

NEIGHBOURS_OFF = "-p no:asyncio -p no:randomly -p no:run-parallel"


@pytest.fixture
def pytester(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Inner runs meet other plugins only where a test asks for them (``monkeypatch.delenv``)."""
    monkeypatch.setenv("PYTEST_ADDOPTS", NEIGHBOURS_OFF)
    return pytester
