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
import signal

import pytest

import pytest_concurrency.session.stressing  # noqa: F401 - else each inner run would load it anew
from pytest_concurrency.search import bounded, explorer

# What a shell starts in the background ignores Ctrl-C; some tests press it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

NEIGHBOURS = (
    "asyncio",
    "anyio",
    "hypothesispytest",
    "randomly",
    "rerunfailures",
    "run-parallel",
    "timeout",
)
_SLOW = "unraisableexception"
"""Collects garbage five times at the end of each run, in this process, which is a large one."""


def without(*plugins: str) -> str:
    """Return the options that leave ``plugins`` out of a run."""
    return " ".join(f"-p no:{plugin}" for plugin in plugins)


@pytest.fixture(autouse=True)
def _as_far_on_a_busy_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """How far a search goes on after a finding, and how short it makes it, does not depend on the
    clock here.
    """
    monkeypatch.setattr(bounded, "LEAST_MORE_SECONDS", 60.0)
    monkeypatch.setattr(explorer, "LEAST_SHORTENING_SECONDS", 60.0)


@pytest.fixture
def pytester(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Inner runs meet other plugins only where a test asks for them (``monkeypatch.delenv``)."""
    monkeypatch.setenv("PYTEST_ADDOPTS", without(*NEIGHBOURS, _SLOW))
    return pytester
