"""That copies which meet between statements take no more time than the test has."""

from __future__ import annotations

from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest

from pytest_concurrency.model import Cell, CellResult
from pytest_concurrency.stress.cells.serial import SerialFacts
from pytest_concurrency.stress.children.child import ChildResult
from pytest_concurrency.stress.control import copies
from pytest_concurrency.stress.control.copies import CopiesControl

NOW = 1000.0
FACTS = SerialFacts(CellResult(Cell("serial"), "clean", 2, 2), "copies")
PASSES: Any = SimpleNamespace(failure=None, execution=SimpleNamespace(outcome=""))


def schedules_run(
    monkeypatch: pytest.MonkeyPatch, *, seconds_each: float, seconds_left: float
) -> tuple[int, list[float]]:
    """How many schedules are run that take so long each, and the seconds that their processes
    get.
    """
    now, run, limits = [NOW], [0], list[float]()

    def explore(*_: object) -> Any:
        now[0] += seconds_each
        run[0] += 1
        return PASSES

    def in_process(work: Any, *, seconds: float) -> ChildResult[Any]:
        limits.append(seconds)
        return ChildResult("done", work(None))

    monkeypatch.setattr(copies, "time", SimpleNamespace(monotonic=lambda: now[0]))
    monkeypatch.setattr(copies, "Workload", lambda *_: SimpleNamespace(explore=explore))
    monkeypatch.setattr(copies, "exploring", lambda *_: nullcontext())
    monkeypatch.setattr(copies, "preload", lambda *_: None)
    monkeypatch.setattr(copies, "_has_setup", lambda item: True)
    item: Any = mock.Mock(fixturenames=(), obj=schedules_run)
    host: Any = SimpleNamespace(run=in_process)
    control = CopiesControl(item, mock.Mock(), "", NOW + seconds_left, host)
    assert control.between_statements(FACTS, 2, 30.0) is FACTS
    return run[0], limits


def test_quick_copies_are_tried_in_all_schedules(monkeypatch: pytest.MonkeyPatch) -> None:
    run, _ = schedules_run(monkeypatch, seconds_each=0.1, seconds_left=6)
    assert run == 24


def test_slow_copies_are_tried_while_there_is_time(monkeypatch: pytest.MonkeyPatch) -> None:
    run, (limit,) = schedules_run(monkeypatch, seconds_each=1.0, seconds_left=6)
    assert run == 6
    assert limit < 6 + 2 + 4  # of which a schedule may take the 2, and what comes after it the 4
