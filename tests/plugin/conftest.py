"""Running small projects under ``--concurrency-stress``, with few schedules, and looking at what
came out.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from pytest_concurrency.model import StressReport

FEW = (
    "--concurrency-stress",
    "--concurrency-threads=2",
    "--concurrency-schedules=20",
    "--concurrency-runs=2",
)
EXPLORED_ONLY = (
    "--concurrency-stress",
    "--concurrency-threads=2",
    "--concurrency-schedules=30",
    "--concurrency-runs=0",
)
MARK = "CONCURRENCY_TEST_RUN"

COUNTER = """
import pytest

class Counter:
    def __init__(self):
        self.value = 0

    def increment(self):
        value = self.value
        self.value = value + 1

@pytest.fixture
def counter():
    return Counter()
"""
RACY = f"""{COUNTER}
@pytest.mark.threadsafe
def test_racy(counter, concurrency):
    concurrency.run(counter.increment)
    assert counter.value == concurrency.count
"""


@dataclass
class Run:
    """A run of pytest and the stress reports it gave, by the name of the test."""

    result: pytest.RunResult
    of: dict[str, StressReport]

    @property
    def out(self) -> str:
        return self.result.stdout.str()

    @property
    def ret(self) -> int:
        return int(self.result.ret)

    def token(self, name: str = "test_racy") -> str:
        """The first hazard's token."""
        return next(hazard.replay for hazard in self.of[name].hazards if hazard.replay)


class Reports:
    def __init__(self) -> None:
        self.of: dict[str, StressReport] = {}

    def pytest_concurrency_report(self, reports: Sequence[StressReport]) -> None:
        self.of = {report.nodeid.rpartition("::")[2]: report for report in reports}


@pytest.fixture
def run(pytester: pytest.Pytester) -> Callable[..., Run]:
    """Run pytest in this process on ``source`` (or what is there already)."""

    def run(source: str, *args: str) -> Run:
        if source:
            pytester.makepyfile(test_it=source)
        reports = Reports()
        result = pytester.runpytest_inprocess(*(args or FEW), plugins=[reports])
        return Run(result, reports.of)

    return run


@pytest.fixture
def marked(monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """Mark whatever is started from here on; the function names what of it is still alive."""
    mark = f"{os.getpid()}-{time.monotonic_ns()}"
    monkeypatch.setenv(MARK, mark)
    return lambda: _alive(f"{MARK}={mark}".encode())


def _alive(mark: bytes) -> list[str]:
    """The processes that were started with ``mark`` in their environment, given time to end: on a
    busy machine an interpreter takes seconds for that.
    """
    until = time.monotonic() + 30
    while True:
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (entry / "environ").read_bytes().split(b"\0"):
                    found.append((entry / "cmdline").read_text())
            except OSError:
                continue
        if not found or time.monotonic() > until:
            return found
        time.sleep(0.05)


needs_proc = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc")
