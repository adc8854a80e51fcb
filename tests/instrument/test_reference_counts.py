"""Instrumented functions keep nothing alive: at the end of each statement there are as many
references to everything as in the original."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any

import grammar
import pytest
from hypothesis import given
from test_same_meaning import WORLDS, driven, is_python, loaded, many

from pytest_concurrency.instrument.scope import Scope
from pytest_concurrency.instrument.swap import Instrumentation
from pytest_concurrency.model import Schedule
from pytest_concurrency.runtime.baton import baton
from pytest_concurrency.runtime.serials import dropped
from pytest_concurrency.search.engine import execute, exploring
from pytest_concurrency.search.strategies.replay import Replay

OURS = 2
"""References of the scheduler's to what cannot be referred to weakly: ``held`` and ``seen``."""


class Counter:
    """Counts references to some objects whenever a line of the generated function begins."""

    def __init__(self, watched: list[Any], only: set[tuple[str, int]]) -> None:
        self.watched = watched
        self.only = only
        self.lines: list[tuple[str, int]] = []
        self.counts: list[list[int]] = []

    def count(self) -> list[int]:
        dropped()  # as the next point does first of all
        counts = [sys.getrefcount(each) for each in self.watched]
        held = [sum(mine is each for mine in baton.held) for each in self.watched]
        return [count - OURS * ours for count, ours in zip(counts, held, strict=True)]

    def trace(self, frame: FrameType, event: str, arg: object) -> Any:
        if frame.f_code.co_filename != "case.py":
            return None
        line = (frame.f_code.co_name, frame.f_lineno)
        if event == "line" and line not in self.lines[-1:] and (line in self.only or not self.only):
            self.lines.append(line)
            self.counts.append(self.count())
        return self.trace


def counted(
    kind: str, source: str, only: set[tuple[str, int]], *, instrumented: bool
) -> tuple[list[tuple[tuple[str, int], list[int]]], object]:
    base = WORLDS[instrumented]
    base["reset"]()
    namespace = loaded(source, "case.py", base, instrumented=instrumented)
    node, table, items = namespace["Node"](), {"a": 1, 2: 2}, [3, 1, 2]
    counter = Counter([node, table, items, node.items, node.table, node.seen], only)
    arguments = (node, table, items)
    after: list[list[int]] = []

    def body() -> None:
        case = namespace["make_case"]()
        before = sys.gettrace()
        sys.settrace(counter.trace)
        try:
            driven(kind, case, arguments)
        except Exception:
            pass
        finally:
            sys.settrace(before)
        del case
        after.append(counter.count())

    if instrumented:
        assert execute(Replay(Schedule()), body).outcome == ""
    else:
        body()
    return list(zip(counter.lines, counter.counts, strict=True)), after


@pytest.fixture(scope="module")
def scheduler() -> Iterator[None]:
    gc.disable()  # else cycles die sooner here, later there
    try:
        with exploring(Instrumentation(Scope([])), seconds=600):
            yield
    finally:
        gc.enable()


@pytest.mark.skipif(not hasattr(sys, "getrefcount"), reason="counts references")
@many
@given(grammar.modules())
def test_counts_of_references(scheduler: None, module: tuple[str, str]) -> None:
    kind, source = module
    if is_python(source):
        expected = counted(kind, source, set(), instrumented=False)
        lines = {line for line, _ in expected[0]}  # the others are those where points were put
        assert counted(kind, source, lines, instrumented=True) == expected, source
