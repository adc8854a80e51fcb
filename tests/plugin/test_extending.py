"""Another package adds a detector, a strategy, a kind of location, a report: by hooks alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from pytest_concurrency.detect.hazards import DETECTORS
from pytest_concurrency.kinds import KINDS, Kind
from pytest_concurrency.report.json import schema
from pytest_concurrency.runtime.effects.outside import LocationKind
from pytest_concurrency.runtime.trace.resource import OUTSIDE
from pytest_concurrency.settings.strategies import STRATEGIES, Entry

from . import example_plugin
from .conftest import EXPLORED_ONLY

BOX = """
import pytest

class Box:
    value = 0

    def put(self): self.value = 1

    def look(self): return self.value

@pytest.mark.threadsafe
def test_racy(concurrency):
    box = Box()
    concurrency.run([box.put, box.look])
"""
STORE = """
class Client:
    space = "a"
    kept = {}

    def add(self, key, by=1): self.kept[key] = self.kept.get(key, 0) + by

def get(key): return Client.kept.get(key, 0)

def put(key, value): Client.kept[key] = value
"""
CLIENT = """
import pytest
from keystore import Client, get, put
import keystore

def count_in_two_steps():
    seen = keystore.get("n")
    put(key="n", value=seen + 1)

@pytest.mark.threadsafe
def test_racy(concurrency):
    put("n", 0)
    concurrency.run(count_in_two_steps)
    assert {check}

@pytest.mark.threadsafe
def test_dicts_have_methods_of_that_name(concurrency):
    table = {{}}
    concurrency.run(lambda: table.update(n=table.get("n", 0) + 1))
    assert table.get("n", None) == 2
"""
ADDING = """
import pytest
from keystore import Client

@pytest.mark.threadsafe
def test_adding(concurrency):
    concurrency.run(lambda: Client().add("n"))
"""


class LocationsOnly:
    def pytest_concurrency_location_kinds(self) -> list[LocationKind]:
        return example_plugin.pytest_concurrency_location_kinds()


def ran(pytester: pytest.Pytester, *args: str, plugin: object = example_plugin) -> pytest.RunResult:
    return pytester.runpytest_inprocess(*EXPLORED_ONLY, *args, plugins=[plugin])


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Any:
    before = list(KINDS), list(DETECTORS), list(STRATEGIES), list(OUTSIDE)
    yield
    assert (list(KINDS), list(DETECTORS), list(STRATEGIES), list(OUTSIDE)) == before


def test_a_detector_finds_its_own_kind(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_it=BOX)
    result = ran(pytester, "--concurrency-json=report.json")
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        [
            "unordered access on Box.value (test_it.py:6 and test_it.py:8)",
            "nothing orders what two threads do with Box.value at test_it.py:6 and*",
            "Found with 2 threads in schedule 1 of * (strategy auto, 0 preemptions).*",
        ]
    )
    document = json.loads(Path("report.json").read_text(encoding="utf-8"))
    (found,) = document["tests"][0]["hazards"]
    assert found["replay"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, schema())
    replayed = ran(pytester, f"--concurrency-replay={found['replay']}")
    replayed.stdout.fnmatch_lines(["unordered access on Box.value *"])


def test_without_it_nothing_is_wrong(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_it=BOX)
    assert ran(pytester, plugin=object()).ret == 0


def test_what_a_detector_finds_crosses_to_a_controller(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_it=BOX)
    pytester.makeconftest(Path(example_plugin.__file__).read_text(encoding="utf-8"))
    result = pytester.runpytest_subprocess(*EXPLORED_ONLY, "-n2")
    result.stdout.fnmatch_lines(["unordered access on Box.value *", "1 test stressed: *"])


def test_a_strategy_is_an_option_and_an_argument_of_markers(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_it=BOX)
    result = ran(pytester, "--concurrency-strategy=latest", "-v")
    result.stdout.fnmatch_lines(["*(strategy latest, *"])
    source = BOX.replace("threadsafe", "threadsafe(strategy='latest')")
    pytester.makepyfile(test_it=source)
    ran(pytester).stdout.fnmatch_lines(["*(strategy latest, *"])


def test_it_is_refused_where_nobody_brings_it(pytester: pytest.Pytester) -> None:
    result = ran(pytester, "--concurrency-strategy=latest", plugin=object())
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*got 'latest', expected one of auto, random, *"])


@pytest.mark.parametrize("check", ["get('n') == concurrency.count", "True"])
def test_a_kind_of_location_is_named(pytester: pytest.Pytester, check: str) -> None:
    pytester.makepyfile(keystore=STORE, test_it=CLIENT.format(check=check))
    result = ran(pytester, "--concurrency-source=-keystore", plugin=LocationsOnly())
    result.stdout.fnmatch_lines(
        [
            "lost update on store key n (test_it.py:6 and test_it.py:7)",
            "*count_in_two_steps: thread 1 reads",
            "test failure on table* (test_it.py:18)",
        ]
    )
    assert "table['n']" in result.stdout.str()


def test_methods_touch_locations_too(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(keystore=STORE, test_it=ADDING)
    result = ran(pytester, "--concurrency-source=-keystore")
    result.stdout.fnmatch_lines(["unordered access on store key a.n (test_it.py:6)"])


def test_a_report_gets_all_tests(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_it=BOX)
    ran(pytester)
    told = Path("hazards.txt").read_text(encoding="utf-8")
    assert told == "test_it.py::test_racy: unordered-access"


def test_what_a_kind_of_location_raises_is_told(pytester: pytest.Pytester) -> None:
    class Wrong:
        def pytest_concurrency_location_kinds(self) -> list[LocationKind]:
            return [LocationKind("store key", {"keystore.put": lambda key, value: [(1, "write")]})]

    pytester.makepyfile(keystore=STORE, test_it=CLIENT.format(check="True"))
    result = ran(pytester, "--concurrency-source=-keystore", plugin=Wrong())
    told = " ".join(result.stdout.str().split())
    assert "location kind 'store key': ValueError: a name, and one of read, write, use" in told


def _entry(name: Any, make: Any = example_plugin.Latest.made) -> list[Entry]:
    return [Entry(name, make)]


class Finds:
    def __init__(self, *kinds: object) -> None:
        self.kinds = kinds

    def findings(self, observation: object, asked: object) -> list[object]:
        return []


@pytest.mark.parametrize(
    ("what", "given", "expected"),
    [
        ("detectors", 3, "got 3, expected a list"),
        ("detectors", [3], "got 3, expected a detector with kinds, a list of Kind"),
        ("detectors", [Finds()], "expected a detector with findings(observation, asked), and *"),
        ("detectors", [Finds(Kind("Mine", "", ""))], "expected kinds with names in lower case, *"),
        ("detectors", [Finds(Kind("crash", "", ""))], "expected kinds with names in lower case, *"),
        ("detectors", [Finds(KINDS["deadlock"])], "*that no other kind has: not 'deadlock'"),
        ("strategies", ["mine"], "got 'mine', expected an Entry(name, make)"),
        (
            "strategies",
            _entry("pct"),
            "expected a name in lower case, with hyphens, that no other *",
        ),
        ("strategies", _entry("mine", 3), "expected a function that makes a strategy from a *"),
        ("location_kinds", [3], "got 3, expected a LocationKind(name, functions)"),
        ("location_kinds", [LocationKind("file", {})], "expected a name of words in lower case *"),
        ("location_kinds", [LocationKind("key", {"put": print})], "expected functions by dotted *"),
    ],
)
def test_what_is_no_good_ends_the_run_with_one_line(
    pytester: pytest.Pytester, what: str, given: object, expected: str
) -> None:
    hook: Callable[..., object] = lambda config: given  # noqa: E731
    plugin = type("Plugin", (), {f"pytest_concurrency_{what}": staticmethod(hook)})()
    result = ran(pytester, plugin=plugin)
    assert result.ret == 4
    lines = [line for line in result.stderr.lines if line]
    assert len(lines) == 1
    result.stderr.fnmatch_lines([f"ERROR: pytest_concurrency_{what}: *{expected}"])
