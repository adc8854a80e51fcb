"""Long executions leave out what no two threads conflict with: nothing else changes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from threading import Lock
from typing import Any

import pytest

from pytest_concurrency.api import _run_once, instrumentation_for
from pytest_concurrency.detect.observation import Observation
from pytest_concurrency.runtime.tasks.protocols import Strategy
from pytest_concurrency.runtime.trace.event import Event, part_of, site_number, thread_of
from pytest_concurrency.search.bounded import Search, search
from pytest_concurrency.search.execution import leaving_out
from pytest_concurrency.search.execution.choices import Choices
from pytest_concurrency.search.execution.comparison import runs_alike
from pytest_concurrency.search.execution.engine import exploring
from pytest_concurrency.search.execution.learning import Learning
from pytest_concurrency.search.explorer import Explorer
from pytest_concurrency.search.strategies import make

WALKS = 20
"""That follow when all has been run."""


class Own:
    """What each thread has for itself."""

    def __init__(self) -> None:
        self.steps = 0
        self.met: list[int] = []


class Total:
    def __init__(self) -> None:
        self.value = 0
        self.ticks = 0
        self.lock = Lock()


def work(total: Total, rounds: int) -> None:
    own = Own()
    for _ in range(rounds):
        own.steps += 1
        own.met.append(own.steps)
    total.value += own.steps


def work_briefly(total: Total) -> None:
    work(total, 3)


def work_twice(total: Total) -> None:
    work(total, 1)
    work(total, 1)


def work_for_long(total: Total) -> None:
    work(total, 100)


class Leveled:
    level = 0
    """Until it is set, what the class has."""

    def __init__(self) -> None:
        self.rounds: list[int] = []
        self.none: list[int] = []


def work_through_lists(total: Total) -> None:
    own = Leveled()
    for number in range(30):
        for _ in own.none:
            own.level = -1
        for each in own.rounds:
            own.level = own.level + each
        own.rounds.append(number)
    total.value += own.level


def work_and_tick(total: Total) -> None:
    for _ in range(20):
        with total.lock:
            total.ticks += 1
    work(total, 100)


class Searched:
    """A search of two threads, and its observations."""

    def __init__(self, worker: Callable[[Total], None], strategy: str, count: int) -> None:
        self.learning = Learning()
        self.strategy = make(strategy, Choices(1), self.learning)
        self.seen: list[Observation] = []
        self._workload = partial(_run_once, Total, (worker,) * 2, None)
        self.explorer = Explorer(
            self._observed,
            self.strategy,
            self.learning,
            limit=100_000,
            token=lambda execution: "",
            deadline=float("inf"),
        )
        with exploring(instrumentation_for([work]), 60):
            self.result: Search = search(self.explorer, count, more=None)
            seen = list(self.seen)
            part = next((each for each in self.seen if each.execution.is_partial), None)
            self.part, self.full = part, part and self._in_full(part)
            self.followed = part and self._followed(part)
        self.seen = seen

    def _observed(self, strategy: Strategy, limit: int, record: bool) -> Observation:
        observation = self._workload(strategy, limit, record)
        self.seen.append(observation)
        return observation

    def _in_full(self, part: Observation) -> Observation:
        return self.explorer.replayed(part.execution.schedule, 100_000)

    def _followed(self, part: Observation) -> Observation:
        self.explorer.in_part = True
        return self.explorer.in_order_of(part.execution.log, 100_000)


def _told(event: Event) -> tuple[int, int, Any]:
    return thread_of(event), site_number(event), part_of(event)


OF_ONE_THREAD = {"steps", "met", "level", "rounds", "none"}


@pytest.mark.parametrize("worker", [work_for_long, work_through_lists])
def test_what_is_left_out_is_passed_and_counted_like_anything_else(
    worker: Callable[[Total], None],
) -> None:
    searched = Searched(worker, "random", 12)
    assert searched.part is not None
    assert searched.full is not None
    part, full = searched.part.execution, searched.full.execution
    assert not full.is_partial
    assert (part.steps, part.switches) == (full.steps, full.switches)
    recorded = {site_number(event) for event in part.log}
    assert len(part.log) < len(full.log) / 50
    assert list(map(_told, part.log)) == [
        _told(event) for event in full.log if site_number(event) in recorded
    ]
    assert {part_of(event) for event in part.log} >= {"value"}
    assert {part_of(event) for event in part.log}.isdisjoint(OF_ONE_THREAD)
    assert runs_alike(searched.full, searched.part)


def test_what_is_asked_of_an_execution_in_part_is_in_part_too() -> None:
    searched = Searched(work_for_long, "random", 12)
    assert searched.part is not None
    assert searched.followed is not None
    part, followed = searched.part.execution, searched.followed.execution
    assert followed.is_partial
    assert list(map(_told, followed.log)) == list(map(_told, part.log))


def test_nothing_is_left_out_of_short_executions() -> None:
    searched = Searched(work_briefly, "random", 40)
    assert searched.part is None


def test_some_executions_leave_out_nothing_still() -> None:
    searched = Searched(work_for_long, "random", 100)
    partial_ones = sum(each.execution.is_partial for each in searched.seen)
    assert len(searched.seen) / 2 < partial_ones < len(searched.seen) * 0.95


def test_what_is_found_in_part_is_replayed_in_full() -> None:
    searched = Searched(work_and_tick, "systematic", 200)
    (hazard,) = searched.result.hazards
    assert searched.seen[hazard.schedule_index - 1].execution.is_partial
    assert (hazard.kind, hazard.location) == ("lost-update", "Total.value")
    assert not hazard.note
    assert [(each.op, each.value) for each in hazard.timeline if each.highlighted] == [
        ("read", "0"),
        ("write", "100"),
        ("write", "100"),
    ]


def test_who_says_that_all_has_been_run_has_left_out_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(leaving_out, "LONG", 0)
    searched = Searched(work_twice, "systematic", 2000)
    covered = searched.strategy.covered
    assert searched.result.exhausted
    assert covered is not None
    in_part = [each.execution.is_partial for each in searched.seen]
    assert any(in_part)
    assert not any(in_part[-covered.schedules - WALKS :])


def test_a_site_where_threads_meet_after_all_is_recorded_again() -> None:
    table = leaving_out.LeavingOut()
    log = [(1, 0, 1, "x", "read")] * leaving_out.LONG
    for _ in range(3):
        table.note(log, bytearray(1))
    assert table.table is not None
    assert table.table[0]
    table.keep(0)
    table.note(log, bytearray(b"\1"))
    assert not table.table[0]


@pytest.mark.parametrize(
    "event", [(1, 0, "file", 1, "write"), (1, 0, 1, "", "call")], ids=["file", "call"]
)
def test_what_is_outside_memory_is_recorded(event: Event) -> None:
    table = leaving_out.LeavingOut()
    for _ in range(3):
        table.note([event] * leaving_out.LONG, bytearray(1))
    assert table.table is None
