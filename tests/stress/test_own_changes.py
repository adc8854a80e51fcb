"""What a test itself changes for the whole process, and what then does not count."""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
import random
import sys
import textwrap
import unittest
import warnings
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

import pytest

from pytest_concurrency.kinds import HazardKind
from pytest_concurrency.model import Cell, CellResult, Hazard, Site, SiteUse
from pytest_concurrency.stress.own_changes import Change, changes_of
from pytest_concurrency.stress.unchecked import without_excused

LOG = logging.getLogger(__name__)
SHARED: dict[str, int] = {}


def helper() -> None:
    os.chdir(".")


@contextlib.contextmanager
def frozen() -> Any:
    with mock.patch("time.time", return_value=1.0):
        yield


def patches() -> None:
    with mock.patch.object(sys, "argv", []), mock.patch.dict(os.environ, A="b"):
        pass


@mock.patch("time.time")
def decorated(now: Any) -> None: ...


def stores() -> None:
    before, sys.stdout = sys.stdout, None  # type: ignore[assignment]
    sys.stdout = before
    os.environ["A"] = "b"
    del os.environ["A"]
    sys.modules.pop("nowhere", None)
    sys.path.insert(0, "nowhere")


def imports_late() -> None:
    import colorsys
    from importlib import reload

    reload(colorsys)


def calls_helpers() -> None:
    helper()
    with frozen():
        random.seed(1)


def sets() -> None:
    setattr(logging.Handler, "level", 1)  # noqa: B010
    LOG.setLevel(1)


@mock.patch("time.time")
class Decorated(unittest.TestCase):
    def method(self) -> None:
        with self.assertLogs():
            self.deeper()

    def deeper(self) -> None:
        with warnings.catch_warnings():
            pass


def harmless() -> None:
    path = list(sys.path)
    path.append("nowhere")
    SHARED["a"] = len(SHARED) + 1
    SHARED.clear()
    environ = {"A": "b"}
    environ["A"] = "c"
    assert os.environ.get("A") is None
    assert random.random() < 1
    thing = LOG.getChild("a")
    assert thing.name
    own = Decorated()
    own.longMessage = False
    sys.modules.get("nowhere")


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (patches, ["mock.patch.object", "mock.patch.dict"]),
        (decorated, ["mock.patch"]),
        (
            stores,
            ["sys.stdout"] * 2 + ["os.environ['A']"] * 2 + ["sys.modules.pop", "sys.path.insert"],
        ),
        (imports_late, ["reload"]),
        (calls_helpers, ["os.chdir", "mock.patch", "random.seed"]),
        (sets, ["setattr", "LOG.setLevel"]),
        (Decorated("method").method, ["mock.patch", "self.assertLogs", "warnings.catch_warnings"]),
        (harmless, []),
        (len, []),
    ],
)
def test_changes_are_read_in_the_source(function: Callable[..., Any], expected: list[str]) -> None:
    found = changes_of(function)
    assert sorted(each.what for each in found) == sorted(expected)
    assert all(Path(each.path) == Path(__file__) for each in found)


def test_names_are_looked_up_where_no_code_runs(tmp_path: Path) -> None:
    """A module with ``__getattr__``, and a class whose metaclass has one."""
    path = tmp_path / "told.py"
    path.write_text(
        textwrap.dedent("""
            class Meta(type):
                def __getattr__(cls, name): raise SystemExit(name)

            class Thing(metaclass=Meta): ...

            def test(module):
                Thing.anything()
                lazy.anything()
                lazy.data["a"] = 1
                lazy.known = 2
        """),
        encoding="utf-8",
    )
    lazy = ModuleType("lazy")
    lazy.__dict__["__getattr__"] = lambda name: sys.exit(name)
    names: dict[str, Any] = {"lazy": lazy, "__name__": "told"}
    exec(compile(path.read_text(encoding="utf-8"), path, "exec"), names)
    assert [each.what for each in changes_of(names["test"])] == ["lazy.known"]


def _found(*hazards: Hazard) -> CellResult:
    return CellResult(Cell("explored", threads=2), "hazard", 5, 5, hazards=hazards)


def _hazard(kind: HazardKind, location: str = "", *lines: int) -> Hazard:
    sites = tuple(SiteUse(Site("test.py", line), 1, "write") for line in lines)
    return Hazard(kind, "it fails", location, sites)


CHANGES = (Change("test.py", 3, 4, "mock.patch"), Change("test.py", 8, 8, "os.environ['A']"))


@pytest.mark.parametrize(
    "hazard",
    [
        _hazard("test-failure"),
        _hazard("thread-exception"),
        _hazard("test-failure", "os.environ['A']", 8, 12),
        _hazard("lost-update", "app.DEBUG", 4),
    ],
)
def test_what_the_test_does_to_itself_does_not_count(hazard: Hazard) -> None:
    result = without_excused(_found(hazard), CHANGES)
    assert (result.outcome, result.hazards) == ("skipped", ())
    assert result.reason == (
        "not meant for copies: they fail where the test itself changes what the whole process "
        "shares (mock.patch at test.py:3)"
    )
    assert without_excused(_found(hazard), ()) == _found(hazard)


@pytest.mark.parametrize(
    "hazard",
    [
        _hazard("deadlock"),
        _hazard("test-failure", "Cache.hits", 12, 13),
        _hazard("lost-update", "Cache.hits", 12, 13),
    ],
)
def test_what_has_another_place_counts(hazard: Hazard) -> None:
    excused = _hazard("test-failure")
    result = without_excused(_found(excused, hazard), CHANGES)
    assert (result.outcome, result.hazards) == ("hazard", (hazard,))


def test_known_functions_exist() -> None:
    """Names that a new version of Python has not got any more would never be met."""
    from pytest_concurrency.stress import own_changes

    optional = {"freezegun.api", "mock.mock", "numpy.random", "sys.monitoring", "time_machine"}
    for name, known in own_changes._CHANGING.items():
        if name not in optional:
            module = importlib.import_module(name)
            assert [each for each in known.split() if not hasattr(module, each)] == [], name
