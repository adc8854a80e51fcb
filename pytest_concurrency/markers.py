"""Markers -> whether a test is stressed, with which settings, or why it is not."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from .options import Options, draw_seed
from .rules import RULES

if TYPE_CHECKING:
    from .model import Settings

THREADSAFE_ARGUMENTS = (
    "threads",
    "processes",
    "schedules",
    "runs",
    "strategy",
    "preemptions",
    "seed",
    "time",
)
UNSAFE_FIXTURES = frozenset(
    {
        "capfd",
        "capfdbinary",
        "caplog",
        "capsys",
        "capsysbinary",
        "capteesys",
        "mocker",
        "monkeypatch",
        "pytester",
        "recwarn",
        "testdir",
    }
)
"""Fixtures that change something process-wide, which copies of a test would share."""

_MARKERS = (
    "threadsafe(*, threads, processes, schedules, runs, strategy, preemptions, seed, time): the "
    "test must hold when copies of it, or the threads it starts, run at once; --concurrency-stress "
    "checks that",
    "thread_unsafe(condition=True, *, reason): never stress the test",
    "parallel_threads(n): stress the test with n threads; n = 1: never stress it",
    "iterations(n): number of free-running repeats when the test is stressed",
)
_DRAWN_SEED = pytest.StashKey[str]()


class Stressed(NamedTuple):
    """The test is stressed."""

    settings: Settings
    gated: bool
    """Whether a hazard fails the run."""


class NotStressed(NamedTuple):
    """The test runs normally and only so."""

    reason: str
    selected: bool
    """True if the test was asked for, so that ``reason`` is worth telling."""


def register_markers(config: pytest.Config) -> None:
    """Make the markers known; with pytest-run-parallel's, which projects use without having it."""
    for line in _MARKERS:
        config.addinivalue_line("markers", line)


def check_markers(items: Iterable[pytest.Item], options: Options) -> None:
    """Raise ``UsageError`` for the first bad marker; with stress off, look at nothing."""
    if not options.stress:
        return
    for item in items:
        try:
            test_settings(item, options)
        except pytest.UsageError as error:
            if hasattr(item.config, "workerinput"):
                # xdist takes a worker that ends with a UsageError for a crash; this it hands over.
                item.session.shouldstop = str(error)
                raise item.session.Failed(str(error)) from None
            raise


def test_settings(item: pytest.Item, options: Options) -> Stressed | NotStressed:
    """Decide whether a test is stressed, and merge its marker arguments over the options."""
    marked = item.get_closest_marker("threadsafe") is not None
    if not marked and options.select != "all":
        return NotStressed("not marked threadsafe", selected=False)
    # Merged before anything else is asked: a typo must not hide behind another marker.
    settings = replace(options.base, **_marker_arguments(item))
    reason = _opted_out(item) or _cannot_be_stressed(item)
    if reason:
        return NotStressed(reason, selected=True)
    gate = options.base.gate
    return Stressed(settings, gated=gate == "all" or (gate == "marked" and marked))


def unsafe_fixtures(item: pytest.Item) -> tuple[str, ...]:
    """Names of the fixtures that forbid running copies of the test at once.

    They do no harm to a test that starts its own threads or asks for ``concurrency``: only one copy
    of it runs. The whole closure counts, since a fixture that uses ``monkeypatch`` changes what all
    copies see; fixtures of a wider scope do not, since they are shared in a normal run, too.
    """
    if not isinstance(item, pytest.Function):
        return ()
    definitions = item._fixtureinfo.name2fixturedefs
    return tuple(
        name
        for name in item.fixturenames
        if name in UNSAFE_FIXTURES
        and name in definitions
        and definitions[name][-1].scope == "function"
    )


def _marker_arguments(item: pytest.Item) -> dict[str, Any]:
    """Settings that the test's markers give, the closest marker winning argument by argument."""
    given: dict[str, Any] = {}
    for mark in item.iter_markers("threadsafe"):
        if mark.args:
            problem = f"threadsafe takes no positional arguments, got {mark.args[0]!r}"
            raise _usage_error(item, f"{problem}; expected {_threadsafe_accepts()}")
        for name, value in mark.kwargs.items():
            if name not in THREADSAFE_ARGUMENTS:
                problem = f"threadsafe has no argument {name!r}"
                raise _usage_error(item, f"{problem}, expected {_threadsafe_accepts()}")
            checked = _checked(item, name, value, f"threadsafe({name}={value!r})")
            given.setdefault(name, checked)
    if given.get("seed") == "random":  # drawn once, or the report would print another than was used
        given["seed"] = item.stash.setdefault(_DRAWN_SEED, draw_seed())
    count = _run_parallel_number(item, "parallel_threads", "threads")
    if count is not None:
        given.setdefault("threads", count)
    repeats = _run_parallel_number(item, "iterations", "runs")
    if repeats is not None:
        given.setdefault("runs", repeats)
    return given


def _run_parallel_number(item: pytest.Item, marker: str, setting: str) -> Any:
    """Check the one number that such a marker carries; None: no marker, or ``"auto"``."""
    mark = item.get_closest_marker(marker)
    if mark is None:
        return None
    if len(mark.args) != 1 or mark.kwargs:
        raise _usage_error(item, f"{marker} takes one positional argument, an integer")
    number = mark.args[0]
    if number == "auto" and marker == "parallel_threads":
        return None
    return _checked(item, setting, number, f"{marker}({number!r})")


def _opted_out(item: pytest.Item) -> str:
    for mark in item.iter_markers("thread_unsafe"):
        condition = mark.args[0] if mark.args else mark.kwargs.get("condition", True)
        # A text can only be meant as the reason: pytest-run-parallel evaluates no conditions.
        reason = mark.kwargs.get("reason") or (condition if isinstance(condition, str) else "")
        if condition:
            return f"marked thread_unsafe: {reason}" if reason else "marked thread_unsafe"
    single = item.get_closest_marker("parallel_threads")
    explicit = any("threads" in mark.kwargs for mark in item.iter_markers("threadsafe"))
    if single is not None and single.args == (1,) and not explicit:
        return "marked parallel_threads(1)"
    return ""


def _cannot_be_stressed(item: pytest.Item) -> str:
    if isinstance(item, pytest.DoctestItem):
        return "a doctest cannot be stressed"
    if not isinstance(item, pytest.Function):
        return f"not a Python function but {type(item).__name__}"
    function = item.obj
    # hypothesis puts an ordinary function in front of the coroutine function.
    inner = getattr(getattr(function, "hypothesis", None), "inner_test", function)
    if inspect.iscoroutinefunction(inner) or inspect.isasyncgenfunction(inner):
        return "async tests run in one thread"
    return ""


def _checked(item: pytest.Item, setting: str, value: object, shown_as: str) -> Any:
    try:
        return RULES[setting].check(value)
    except ValueError as error:
        raise _usage_error(item, f"{shown_as}: expected {error}") from None


def _threadsafe_accepts() -> str:
    return ", ".join(f"{name}=" for name in THREADSAFE_ARGUMENTS)


def _usage_error(item: pytest.Item, problem: str) -> pytest.UsageError:
    return pytest.UsageError(f"{item.nodeid}: {problem}")
