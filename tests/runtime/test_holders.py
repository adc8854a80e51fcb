"""What the program holds of the functions that are replaced is looked for only when need be."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from typing import Any

import pytest
from loading import collector_knows_functions

from pytest_concurrency.runtime.effects import foreign
from pytest_concurrency.runtime.patches import holders
from pytest_concurrency.runtime.patches.install import installed, look_ahead


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The globals of a module that knows ``time``."""
    monkeypatch.setattr(foreign, "INSTRUMENTED_MODULES", {"program"})
    monkeypatch.setattr(holders, "_known", {})
    gc.collect()  # what other tests have left must not go away meanwhile
    return {"__name__": "program", "time": time}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What the garbage collector has been asked for."""
    found: list[object] = []

    class Collector:
        @staticmethod
        def get_referrers(*objects: object) -> list[object]:
            found.extend(objects)
            return gc.get_referrers(*objects)

    monkeypatch.setattr(holders, "gc", Collector)
    return found


def holder() -> Callable[..., Any]:
    def nap(seconds: float, sleep: Callable[[float], None] = time.sleep) -> Any:
        return sleep

    return nap


def test_what_was_looked_for_ahead_is_not_asked_for_again(
    program: dict[str, Any], asked: list[object]
) -> None:
    nap = holder()
    look_ahead([program])
    assert nap(1) is time.sleep
    assert asked
    asked.clear()
    with installed([program]):
        assert nap(1) is time.sleep
        replaced = time.sleep
    assert nap(1) is time.sleep
    assert time.sleep is not replaced
    # Other threads of the process may have changed who holds functions of other modules.
    assert not [each for each in asked if getattr(each, "__module__", None) == "time"]


@collector_knows_functions
def test_another_holder_is_found(program: dict[str, Any], asked: list[object]) -> None:
    look_ahead([program])
    asked.clear()
    nap = holder()
    real = time.sleep
    with installed([program]):
        assert nap(1) is time.sleep is not real
    assert asked[0] is real
    assert nap(1) is real


def test_one_that_is_gone_is_forgotten(program: dict[str, Any]) -> None:
    nap = holder()
    look_ahead([program])
    del nap
    with installed([program]):
        pass


def test_a_program_that_does_not_know_time_is_not_looked_through(asked: list[object]) -> None:
    with installed([{"__name__": "program"}]):
        pass
    assert not asked
