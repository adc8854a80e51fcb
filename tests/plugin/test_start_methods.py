"""Start methods side by side: a cell for each, and what cannot be sent is named."""

from __future__ import annotations

import json
from collections.abc import Callable
from multiprocessing import get_all_start_methods

import pytest

from .conftest import FEW, Run

pytestmark = pytest.mark.skipif(
    {"fork", "spawn", "forkserver"} - {*get_all_start_methods()} != set(), reason="has no others"
)
PROGRAM = """
import threading
import pytest

class Service:
    def __init__(self):
        self._lock = threading.Lock()

@pytest.fixture
def db():
    return {"service": Service()}

@pytest.mark.threadsafe
def test_copies(db):
    assert db["service"]
"""
REASON = "fixture `db`: cannot pickle '_thread.lock' object at Service._lock"


def test_a_cell_for_each_start_method(run: Callable[..., Run], pytester: pytest.Pytester) -> None:
    asked = ("--concurrency-start-method=forkserver,fork,spawn", "--concurrency-json=report.json")
    found = run(PROGRAM, *FEW, *asked, "-v")
    found.result.assert_outcomes(passed=1)
    cells = {each.cell.label: each for each in found.of["test_copies"].cells}
    labels = ["processes 2P", "processes 2P spawn", "processes 2P forkserver"]
    assert [label for label in cells if label.startswith("processes")] == labels
    outcomes = [cells[label].outcome for label in labels]
    assert outcomes == ["clean", "skipped", "skipped"]
    assert all(cells[label].reason.endswith(REASON) for label in labels[1:])
    verdict = found.of["test_copies"].isolation
    assert verdict.verdict == "clean"
    assert verdict.reason.endswith("fork clean, spawn not tried, forkserver not tried")
    assert "2P 2P spawn 2P forkserver" in found.out
    (test,) = json.loads((pytester.path / "report.json").read_text())["tests"]
    methods = [each["start_method"] for each in test["cells"] if each["kind"] == "processes"]
    assert methods == ["fork", "spawn", "forkserver"]
