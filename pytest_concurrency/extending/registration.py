"""Takes what other packages bring, by the hooks of ``hookspecs.py``, for the time of a session.

What is no good ends the run at once, with one line that says what was given and what is expected.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from pytest_concurrency.settings.rules import shown
from pytest_concurrency.settings.strategies import STRATEGIES, Entry

if TYPE_CHECKING:
    from pytest_concurrency.detect.detector import Detector
    from pytest_concurrency.runtime.effects.outside import LocationKind

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_WORDS = re.compile(r"[a-z]+( [a-z]+)*")
_DOTTED = re.compile(r"\w+(\.\w+)+")


def add_strategies(config: pytest.Config) -> None:
    """Enter strategies, before the option that names one is read."""
    for entry in _brought(config, "strategies", _check_strategy):
        STRATEGIES[entry.name] = entry
        config.add_cleanup(partial(STRATEGIES.__delitem__, entry.name))


def add_detectors(config: pytest.Config) -> None:
    """Enter detectors, and their kinds of hazards."""
    from pytest_concurrency.detect.hazards import DETECTORS, add_detector
    from pytest_concurrency.kinds import KINDS, add_kinds, remove_kinds

    for detector in _brought(config, "detectors", _check_detector):
        new = [kind for kind in detector.kinds if kind.name not in KINDS]
        add_kinds(new)
        add_detector(detector)
        config.add_cleanup(partial(DETECTORS.remove, detector))
        config.add_cleanup(partial(remove_kinds, new))


def add_location_kinds(config: pytest.Config) -> None:
    """Enter kinds of locations, before anything is instrumented."""
    from pytest_concurrency.runtime.effects.outside import add_location_kind, remove_location_kind

    for kind in _brought(config, "location_kinds", _check_location_kind):
        add_location_kind(kind)
        config.add_cleanup(partial(remove_location_kind, kind))


def _brought(config: pytest.Config, what: str, check: Callable[[Any], str]) -> Iterable[Any]:
    """Yield what implementations of a hook have given, each checked against what is known then."""
    hook = f"pytest_concurrency_{what}"
    for given in getattr(config.hook, hook)(config=config):
        if not isinstance(given, Sequence) or isinstance(given, str):
            raise pytest.UsageError(f"{hook}: got {shown(given)}, expected a list")
        for each in given:
            if problem := check(each):
                raise pytest.UsageError(f"{hook}: got {shown(each)}, expected {problem}")
            yield each


def _check_strategy(entry: Entry) -> str:
    """Return what is expected instead; empty if it is fine."""
    if not isinstance(entry, Entry):
        return "an Entry(name, make)"
    if not _is_like(_NAME, entry.name) or entry.name in STRATEGIES:
        return "a name in lower case, with hyphens, that no other strategy has"
    if not callable(entry.make):
        return "a function that makes a strategy from a Start"
    return ""


def _check_detector(detector: Detector) -> str:
    from pytest_concurrency.kinds import KINDS, Kind

    kinds = getattr(detector, "kinds", None)
    if not isinstance(kinds, Sequence) or not all(isinstance(kind, Kind) for kind in kinds):
        return "a detector with kinds, a list of Kind"
    if not kinds or not callable(getattr(detector, "findings", None)):
        return "a detector with findings(observation, asked), and at least one kind"
    for kind in kinds:
        if not _is_like(_NAME, kind.name) or kind.name in KINDS:
            told = "kinds with names in lower case, with hyphens, that no other kind has"
            return f"{told}: not {kind.name!r}"
    return ""


def _check_location_kind(kind: LocationKind) -> str:
    from pytest_concurrency.runtime.effects.outside import LocationKind, is_known
    from pytest_concurrency.runtime.trace.resource import OUTSIDE

    if not isinstance(kind, LocationKind) or not isinstance(kind.functions, Mapping):
        return "a LocationKind(name, functions)"
    if not _is_like(_WORDS, kind.name) or kind.name in (*OUTSIDE, "folder"):
        return "a name of words in lower case that no other kind has"
    for name, does in kind.functions.items():
        if not _is_like(_DOTTED, name) or not callable(does):
            return "functions by dotted names, each with what tells what a call of it touches"
        if is_known(name):
            return f"functions that no other kind has: {name} is known already"
    return ""


def _is_like(form: re.Pattern[str], name: object) -> bool:
    return isinstance(name, str) and form.fullmatch(name) is not None
