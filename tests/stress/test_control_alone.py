"""What is made of a serial cell that fails while plain runs pass."""

from __future__ import annotations

from typing import Any
from unittest import mock

import pytest

from pytest_concurrency.model import Cell, CellResult
from pytest_concurrency.stress.cells.serial import SerialFacts
from pytest_concurrency.stress.control.alone import SLEEPS, Control

FAILS = SerialFacts(
    CellResult(Cell("serial"), "error", 1, 2, reason="AssertionError"), "own-threads", threads=3
)
CLEAN = CellResult(Cell("serial"), "clean", 2, 2)


def decided(monkeypatch: pytest.MonkeyPatch, *, slept_really: bool) -> SerialFacts:
    """What is said where waits that take real time let the test pass."""

    def round_of(*_: Any, sleeps_really: bool = False) -> SerialFacts:
        passing = SerialFacts(CLEAN, "own-threads", threads=3, slept_really=slept_really)
        return passing if sleeps_really else FAILS

    monkeypatch.setattr(Control, "_serial_once", round_of)
    monkeypatch.setattr(Control, "_plain_runs", lambda self, facts: (3, 3, 0.1))
    item: Any = mock.Mock(fixturenames=(), get_closest_marker=lambda name: None)
    instrumentation: Any = mock.Mock()
    host: Any = mock.Mock()
    return Control(item, instrumentation, "", float("inf"), host).serial()


def test_a_thread_of_a_fixture_is_named_where_a_wait_took_real_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = decided(monkeypatch, slept_really=True).result
    assert (found.outcome, found.reason) == ("error", f"{SLEEPS}: AssertionError")


def test_where_nothing_waited_it_was_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    found = decided(monkeypatch, slept_really=False).result
    assert found.outcome == "clean"
    assert found.reason == (
        "one schedule without preemption fails (AssertionError); 3 plain runs pass"
    )
