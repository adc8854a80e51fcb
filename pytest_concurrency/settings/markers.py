"""Markers -> whether a test is stressed, with which settings, or why it is not."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from .._pytest_compat import argument_names, fixtures_by_name
from . import run_parallel
from .options import Options, draw_seed
from .rules import RULES, shown

if TYPE_CHECKING:
    from ..model import Ignored, Settings

THREADSAFE_ARGUMENTS = (
    "threads",
    "processes",
    "schedules",
    "runs",
    "strategy",
    "preemptions",
    "seed",
    "time",
    "ignore",
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
ONCE_FIXTURES = frozenset({"benchmark", "snapshot"})
"""Fixtures of well-known plugins that a test can use once, not each of its copies."""

_MARKERS = (
    "threadsafe(*, threads, processes, schedules, runs, strategy, preemptions, seed, time, "
    "ignore): the test must hold when copies of it, or the threads it starts, run at once; "
    "--concurrency-stress checks that",
    "thread_unsafe(condition=True, *, reason): never stress the test",
    *run_parallel.MARKERS,
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
    gated: bool = False
    """Whether a hazard would have failed the run: then somebody counts on an answer."""


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
    settings = replace(options.base, **_marker_arguments(item, options.base.threads))
    settings = replace(settings, ignore=(*_ignored(item), *settings.ignore))
    if reason := _opted_out(item):
        return NotStressed(reason, selected=True)
    gate = options.base.gate
    gated = gate == "all" or (gate == "marked" and marked)
    if reason := _cannot_be_stressed(item):
        return NotStressed(reason, selected=True, gated=gated)
    return Stressed(settings, gated)


def unsafe_fixtures(item: pytest.Item) -> tuple[str, ...]:
    """Names of the fixtures that forbid running copies of the test at once.

    They do no harm to a test that starts its own threads or asks for ``concurrency``: only one copy
    of it runs. Only what the test itself asks for counts: what another fixture does with
    ``monkeypatch`` is done when the copies start. Fixtures of a wider scope do not count either,
    since they are shared in a normal run, too.
    """
    if not isinstance(item, pytest.Function):
        return ()
    definitions = fixtures_by_name(item)
    used = [name for mark in item.iter_markers("usefixtures") for name in mark.args]
    return tuple(
        name
        for name in dict.fromkeys((*argument_names(item), *used))
        if name in UNSAFE_FIXTURES | ONCE_FIXTURES
        and name in definitions
        and definitions[name][-1].scope == "function"
    )


def _marker_arguments(item: pytest.Item, threads: tuple[int, ...]) -> dict[str, Any]:
    """Settings that the test's markers give, the closest marker winning argument by argument;
    ``threads`` are those of the session.
    """
    given: dict[str, Any] = {}
    for mark in item.iter_markers("threadsafe"):
        if mark.args:
            problem = f"threadsafe takes no positional arguments, got {shown(mark.args[0])}"
            raise _usage_error(item, f"{problem}; expected {_threadsafe_accepts()}")
        for name, value in mark.kwargs.items():
            if name not in THREADSAFE_ARGUMENTS:
                problem = f"threadsafe has no argument {shown(name)}"
                raise _usage_error(item, f"{problem}, expected {_threadsafe_accepts()}")
            if name != "ignore":  # of which all count
                checked = _checked(item, name, value, f"threadsafe({name}={shown(value)})")
                given.setdefault(name, checked)
    if given.get("seed") == "random":  # drawn once, or the report would print another than was used
        given["seed"] = item.stash.setdefault(_DRAWN_SEED, draw_seed())
    try:
        others = {
            "threads": run_parallel.thread_counts(item, threads),
            "runs": run_parallel.repeats(item),
        }
    except run_parallel.MarkerError as error:
        raise _usage_error(item, str(error)) from None
    return {name: value for name, value in others.items() if value is not None} | given


def _ignored(item: pytest.Item) -> list[Ignored]:
    """Patterns of hazards that the test's markers accept: all of them count."""
    marks = [mark for mark in item.iter_markers("threadsafe") if "ignore" in mark.kwargs]
    if not marks:
        return []
    from .ignored import EXPECTED, parse_all

    found: list[Ignored] = []
    for mark in marks:
        given = mark.kwargs["ignore"]
        if not isinstance(given, (list, tuple)):
            problem = f"threadsafe(ignore={shown(given)}): expected a list of {EXPECTED}"
            raise _usage_error(item, problem)
        try:
            found += parse_all(given, "threadsafe(ignore=)")
        except ValueError as error:
            raise _usage_error(item, str(error)) from None
    return found


def _opted_out(item: pytest.Item) -> str:
    marks = list(item.iter_markers("thread_unsafe"))
    for mark in marks:
        _check_thread_unsafe(item, mark)
    for mark in marks:
        condition = mark.args[0] if mark.args else mark.kwargs.get("condition", True)
        # A text can only be meant as the reason: pytest-run-parallel evaluates no conditions.
        reason = mark.kwargs.get("reason") or (condition if isinstance(condition, str) else "")
        if _holds(item, condition):
            return f"marked thread_unsafe: {reason}" if reason else "marked thread_unsafe"
    explicit = any("threads" in mark.kwargs for mark in item.iter_markers("threadsafe"))
    single = "" if explicit else run_parallel.opts_out(item)
    return f"marked {single}" if single else ""


def _holds(item: pytest.Item, condition: object) -> bool:
    try:
        return bool(condition)
    except Exception as error:  # of an array, of a class of the program's
        problem = f"thread_unsafe(condition={shown(condition)}): expected True or False"
        raise _usage_error(item, f"{problem} ({type(error).__name__})") from None


def _check_thread_unsafe(item: pytest.Item, mark: pytest.Mark) -> None:
    unknown = [name for name in mark.kwargs if name not in ("condition", "reason")]
    if unknown or len(mark.args) > 1:
        what = (
            f"argument {shown(unknown[0])}"
            if unknown
            else f"second argument, got {shown(mark.args[1])}"
        )
        raise _usage_error(item, f"thread_unsafe has no {what}; expected condition=, reason=")


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
