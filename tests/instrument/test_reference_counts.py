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
from pytest_concurrency.runtime.scheduler.baton import baton
from pytest_concurrency.runtime.scheduler.identity import dropped
from pytest_concurrency.search.execution.engine import execute, exploring
from pytest_concurrency.search.orders.replay import Replay

OURS = 2
"""References of the scheduler's to what cannot be referred to weakly: ``held`` and ``seen``."""

AFTERWARDS = 0
"""The number of a line that there is not."""


class Counter:
    """Counts references to some objects whenever a line of the generated function begins.

    Not in functions that it calls: their arguments may live until they return.
    """

    def __init__(self, watched: list[Any]) -> None:
        self.watched = watched
        self.seen: dict[int, set[tuple[int, ...]]] = {}
        """The counts by line. Lines of one statement may come in another order."""

    def count(self) -> tuple[int, ...]:
        dropped()  # as the next point does first of all
        counts = [sys.getrefcount(each) for each in self.watched]
        held = [sum(mine is each for mine in baton.record.held) for each in self.watched]
        return tuple(count - OURS * ours for count, ours in zip(counts, held, strict=True))

    def trace(self, frame: FrameType, event: str, arg: object) -> Any:
        if frame.f_code.co_filename != "case.py" or frame.f_code.co_name != "case":
            return None
        if event == "line":
            self.seen.setdefault(frame.f_lineno, set()).add(self.count())
        return self.trace


def counted(kind: str, source: str, *, instrumented: bool) -> Counter:
    base = WORLDS[instrumented]
    base["reset"]()
    namespace = loaded(source, "case.py", base, instrumented=instrumented)
    node, table, items = namespace["Node"](), {"a": 1, 2: 2}, [3, 1, 2]
    counter = Counter([node, table, items, node.items, node.table, node.seen])
    arguments = (node, table, items)

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
        counter.seen[AFTERWARDS] = {counter.count()}

    if instrumented:
        assert execute(Replay(Schedule()), body).outcome == ""
    else:
        body()
    return counter


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
        expected = counted(kind, source, instrumented=False).seen
        found = counted(kind, source, instrumented=True).seen
        # Points have lines of their own, or pass at one once more.
        missing = {line: counts - found.get(line, set()) for line, counts in expected.items()}
        assert not any(missing.values()), (missing, found, source)
