"""The JSON report and junit's XML, from one process and from the workers of xdist."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest

from pytest_concurrency.report.json import schema

from .conftest import COUNTER, FEW, Run

SUITE = f"""{COUNTER}
@pytest.mark.threadsafe
def test_racy(counter, concurrency):
    concurrency.run(counter.increment)
    assert counter.value == concurrency.count

@pytest.mark.threadsafe
def test_clean(): pass

@pytest.mark.threadsafe
def test_unsafe(capsys): pass

@pytest.mark.threadsafe
def test_wrong(): assert False

def test_plain(): pass
"""


@pytest.fixture(params=["", "-n0", "-n2"], ids=["plain", "n0", "n2"])
def document(request: pytest.FixtureRequest, pytester: pytest.Pytester) -> dict[str, Any]:
    pytester.makepyfile(test_it=SUITE)
    workers = [request.param] if request.param else []
    reports = ["--concurrency-json=report.json", "--junitxml=junit.xml"]
    result = pytester.runpytest_subprocess(*FEW, *workers, *reports)
    result.assert_outcomes(failed=2, passed=3)
    assert result.ret == 1
    result.stdout.fnmatch_lines(["lost update on Counter.value (test_it.py:8 and test_it.py:9)"])
    result.stdout.fnmatch_lines(
        [
            "*= concurrency =*",
            "test_it.py::test_racy *FAIL*",
            "3 tests stressed: 1 cause in 1 test, 1 clean*",
        ]
    )
    loaded: dict[str, Any] = json.loads((pytester.path / "report.json").read_text())
    return loaded


def test_reports(document: dict[str, Any], pytester: pytest.Pytester) -> None:
    jsonschema.validate(document, schema(), jsonschema.Draft202012Validator)
    tests = {each["nodeid"].partition("::")[2]: each for each in document["tests"]}
    assert {name: each["outcome"] for name, each in tests.items()} == {
        "test_racy": "failed",
        "test_clean": "passed",
        "test_unsafe": "skipped",
        "test_wrong": "failed",
    }
    racy = tests["test_racy"]
    hazard = racy["hazards"][0]
    assert (hazard["kind"], hazard["location"]) == ("lost-update", "Counter.value")
    assert racy["cells"][hazard["cell"]]["kind"] == "explored"
    assert {site["path"] for site in hazard["sites"]} == {"test_it.py"}
    assert hazard["replay"]
    assert [cell["kind"] for cell in tests["test_clean"]["cells"]] == [
        "serial",
        "explored",
        "free-running",
        "processes",
    ]

    cases = ElementTree.parse(pytester.path / "junit.xml").iter("testcase")
    properties = {
        case.get("name"): {each.get("name"): each.get("value") for each in case.iter("property")}
        for case in cases
    }
    assert properties["test_racy"]["concurrency_replay_1"] == hazard["replay"]
    assert properties["test_racy"]["concurrency_isolation"] == racy["isolation"]["verdict"]
    assert properties["test_clean"]["concurrency_hazards"] == "0"
    assert properties["test_plain"] == {}


def test_a_seed_makes_runs_repeatable(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_it=SUITE)

    def hazard(seed: str) -> Any:
        arguments = ("-k", "racy", "--concurrency-json=report.json", f"--concurrency-seed={seed}")
        pytester.runpytest_inprocess(
            *FEW, "--concurrency-runs=0", "-p", "no:cacheprovider", *arguments
        )
        loaded = json.loads((pytester.path / "report.json").read_text())
        (test,) = loaded["tests"]
        (found,) = test["hazards"]
        return {**found, "detail": ""}  # which has addresses in it

    assert hazard("7") == hazard("7")
    assert hazard("7")["schedule_index"] >= 1


def test_hooks_of_other_plugins(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_it=SUITE)
    pytester.makeconftest(
        """
        def pytest_concurrency_stressed(item, report):
            print("stressed", item.name, report.outcome)

        def pytest_concurrency_report(config, reports):
            print("in all", sorted(each.outcome for each in reports))
        """
    )
    result = pytester.runpytest_inprocess(*FEW, "--concurrency-runs=0", "-s", "-k", "clean or racy")
    result.stdout.fnmatch_lines(
        ["*stressed test_racy failed*", "*stressed test_clean passed*", "*in all*failed*passed*"]
    )


def test_a_search_of_interleavings_says_so(run: Callable[..., Run]) -> None:
    found = run(
        """
        import threading, pytest

        class Counter:
            def __init__(self):
                self.value, self.lock = 0, threading.Lock()

            def add(self):
                with self.lock:
                    self.value += 1

        @pytest.mark.threadsafe
        def test_locked(concurrency):
            counter = Counter()
            concurrency.run(counter.add)
            assert counter.value == concurrency.count
        """,
        "--concurrency-stress",
        "--concurrency-strategy=dpor",
        "--concurrency-threads=4",
        "--concurrency-runs=0",
        "--concurrency-processes=none",
        "-v",
    )
    (explored,) = (each for each in found.of["test_locked"].cells if each.cell.is_explored)
    assert (explored.reduced, explored.covered, explored.has_everything) == (True, 24, True)
    assert "schedules, all 24 interleavings, strategy dpor" in found.out
