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


OUTSIDE = """
import threading
import pytest

PATH = None

def visit(path=None):
    with open(path or PATH, "a") as file:
        file.write("x")

class Service:
    def __init__(self, path):
        self.path, self._lock = path, threading.Lock()

@pytest.fixture
def service(tmp_path):
    return Service(tmp_path / "log")

@pytest.mark.threadsafe
def test_sent(concurrency, tmp_path):
    path = tmp_path / "log"
    visit(path)
    concurrency.run([Visit(path)] * 2)

@pytest.mark.threadsafe
def test_by_memory(concurrency, tmp_path, monkeypatch):
    monkeypatch.setattr(f"{__name__}.PATH", tmp_path / "log")
    concurrency.run(visit)

@pytest.mark.threadsafe
def test_not_sent(concurrency, service):
    concurrency.run([Visit(service.path, service)] * 2)

class Visit:
    def __init__(self, path, service=None):
        self.path, self.service = path, service

    def __call__(self):
        visit(self.path)
"""


@pytest.mark.skipif(get_all_start_methods()[0] != "forkserver", reason="forks by default")
def test_a_few_runs_by_the_default_where_that_is_a_fork_server(run: Callable[..., Run]) -> None:
    found = run(OUTSIDE, *FEW, "--concurrency-threads=none", "--concurrency-schedules=0")
    notes = {
        name: [note.partition("default here")[2] for each in report.cells for note in each.notes]
        for name, report in found.of.items()
    }
    assert notes["test_sent"] == []
    served = found.of["test_sent"].cells[-1]
    assert (served.cell.label, served.outcome) == ("processes 2P forkserver", "clean")
    (failing,) = notes["test_by_memory"]
    assert failing.startswith(": it fails even one after another: 2 of 2 processes: TypeError")
    told = ", could not be tried: cannot pickle '_thread.lock' object at Service._lock"
    assert notes["test_not_sent"] == [told]
