"""The corpus with 2, 3 and 4 threads and 5,000 schedules each: hours, therefore only on demand.

``CORPUS=long pytest tests/test_corpus_at_length.py -rs``; ``CORPUS_SECONDS`` is the time for each
program and number of threads. Those that did not reach 5,000 schedules in it count as skipped.
"""

from __future__ import annotations

import os

import pytest
from test_corpus import load, programs

from pytest_concurrency import explore

SCHEDULES = 5000
SECONDS = float(os.environ.get("CORPUS_SECONDS", "60"))
pytestmark = [
    pytest.mark.skipif(os.environ.get("CORPUS") != "long", reason="CORPUS=long runs it"),
    # Threads that die of a race are what some programs show; pytest need not warn of them.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning"),
]


def workers_of(program, threads):
    """Return as many workers; None if the program is made for another number of them."""
    given = program.WORKERS
    if threads == len(given):
        return given
    is_sequential = getattr(program, "SEQUENTIAL", True)
    if len(given) == 1 or getattr(program, "EACH_ONCE", False) or not is_sequential:
        return None
    return [given[number % len(given)] for number in range(threads)]


def explored(program, threads):
    workers = workers_of(program, threads)
    if workers is None:
        pytest.skip("made for another number of threads")
    # What is checked in the end holds for as many workers as the program has itself.
    check = getattr(program, "check", None) if workers is program.WORKERS else None
    return explore(program.setup, workers, check, schedules=SCHEDULES, seconds=SECONDS)


@pytest.mark.parametrize("threads", [2, 3, 4])
@pytest.mark.parametrize("path", programs("clean"))
def test_clean(path, threads):
    found = explored(load(path), threads)
    accused = [hazard.message for hazard in found.hazards if hazard.severity != "note"]
    assert not accused
    if not found.exhausted and found.executions < SCHEDULES:
        pytest.skip(f"{found.executions} of {SCHEDULES} schedules fitted")


@pytest.mark.parametrize("path", programs("flagged"))
def test_flagged(path):
    program = load(path)
    found = explored(program, len(program.WORKERS))
    assert found.hazards, f"nothing found in {found.executions} schedules"
    assert found.hazards[0].kind in program.EXPECT, found.hazards[0].message
