"""A search goes on after its first finding: each thing once, the worst first."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

import pytest

from pytest_concurrency.api import _run_once, instrumentation_for
from pytest_concurrency.detect.detector import Finding
from pytest_concurrency.model import Hazard
from pytest_concurrency.search.bounded import Search, search
from pytest_concurrency.search.execution.choices import Choices
from pytest_concurrency.search.execution.engine import exploring
from pytest_concurrency.search.execution.learning import Learning
from pytest_concurrency.search.explorer import Explorer
from pytest_concurrency.search.findings import MOST
from pytest_concurrency.search.strategies import make
from pytest_concurrency.settings.ignored import Accepts, by_patterns, never, parse


class Many:
    def __init__(self) -> None:
        self.x = self.y = 0
        self.one = threading.Lock()
        self.two = threading.Lock()
        self.barrier = threading.Barrier(2)
        self.counts = dict.fromkeys("abcdefgh", 0)

    def both(self) -> None:
        self.x += 1
        self.y += 1

    def one_more(self) -> None:
        self.x += 1

    def add_to_a(self) -> None:
        with self.one:
            self.counts["a"] += 1

    def one_after_the_other(self) -> None:
        self.x += 1
        self.barrier.wait()
        if self.x == 1:
            self.y += 1

    def forth(self) -> None:
        with self.one, self.two:
            self.x = 1

    def back(self) -> None:
        self.back_again()
        with self.two, self.one:
            self.x = 2

    def back_again(self) -> None:
        self.y += 1

    def all_of_them(self) -> None:
        self.counts["a"] += 1
        self.counts["b"] += 1
        self.counts["c"] += 1
        self.counts["d"] += 1
        self.counts["e"] += 1
        self.counts["f"] += 1
        self.counts["g"] += 1


Work = Callable[[Many], None]


def searched(
    *workers: Work,
    more: int | None,
    schedules: int = 300,
    check: Callable[[Many], object] | None = None,
    on_found: Callable[[Hazard], None] | None = None,
    accepts: Accepts = never,
) -> Search:
    learning = Learning()
    explorer = Explorer(
        partial(_run_once, Many, workers, check),
        make("auto", Choices(1), learning),
        learning,
        limit=10_000,
        token=lambda execution: "token",
        deadline=float("inf"),
        accepts=accepts,
    )
    with exploring(instrumentation_for([Many]), 60):
        return search(explorer, schedules, more=more, on_found=on_found)


def told(found: Search) -> list[tuple[str, str]]:
    return [(hazard.kind, hazard.location) for hazard in found.hazards]


def test_a_second_bug_is_found() -> None:
    assert len(searched(Many.both, Many.both, more=0).hazards) == 1
    found = searched(Many.both, Many.both, more=200)
    assert sorted(told(found)) == [("lost-update", "Many.x"), ("lost-update", "Many.y")]


def test_a_second_bug_that_shows_together_with_the_first_one_only() -> None:
    """It is confirmed and shortened as if it were alone."""
    found = searched(Many.one_after_the_other, Many.one_after_the_other, more=200)
    assert sorted(told(found)) == [("lost-update", "Many.x"), ("lost-update", "Many.y")]
    for hazard in found.hazards:
        assert hazard.replay
        assert not hazard.note
        assert hazard.preemptions <= 2


def test_the_worst_comes_first() -> None:
    def forth(state: Many) -> None:
        state.back_again()
        state.forth()

    def wait_in_vain(state: Many) -> None:
        state.back_again()
        if state.x == 1 and state.x == 2:
            state.barrier.wait()

    def call_twice(state: Many) -> None:
        state.back_again()
        for state.x in (1, 2, 0):
            pass

    heard: list[Hazard] = []
    for workers in ((forth, Many.back), (Many.back, forth), (wait_in_vain, call_twice)):
        found = searched(*workers, more=200, schedules=400, on_found=heard.append)
        assert [kind for kind, _ in told(found)] == ["deadlock", "lost-update"]
    assert [hazard.kind for hazard in heard[:2]] != [hazard.kind for hazard in heard[-2:]]


def test_how_a_known_bug_fails_the_test_is_no_second_one() -> None:
    def check(state: Many) -> None:
        assert state.x == 2

    found = searched(Many.both, Many.both, more=200, check=check)
    assert {kind for kind, _ in told(found)} == {"lost-update"}


def test_it_goes_on_for_a_while_only() -> None:
    found = searched(Many.both, Many.both, Many.both, more=30, schedules=1000)
    first = min(hazard.schedule_index for hazard in found.hazards)
    assert found.executions == first + 30
    assert not found.reason


def test_as_if_nothing_had_been_found() -> None:
    found = searched(Many.both, Many.both, Many.both, more=None, schedules=120)
    assert found.executions == 120


def test_there_is_an_end_to_it() -> None:
    found = searched(Many.all_of_them, Many.all_of_them, more=200)
    assert len(found.hazards) == MOST


def test_each_is_told_at_once() -> None:
    heard: list[Hazard] = []
    found = searched(Many.both, Many.both, more=200, on_found=heard.append)
    assert sorted(heard, key=str) == sorted(found.hazards, key=str)


X_MAY_STAY = by_patterns([parse("lost-update Many.x: statistics only")])


def test_behind_what_is_accepted_the_search_goes_on_as_if_nothing_had_been_found() -> None:
    for accepted, other in (("Many.x", "Many.y"), ("Many.y", "Many.x")):
        accepts = by_patterns([parse(f"lost-update {accepted}: statistics only")])
        found = searched(Many.both, Many.both, more=0, accepts=accepts)
        assert [each.location for each in found.hazards if each.is_error] == [other]
    alone = searched(Many.one_more, Many.one_more, more=0, accepts=X_MAY_STAY, schedules=40)
    assert alone.exhausted
    assert told(alone) == [("lost-update", "Many.x")]


def test_what_is_accepted_explains_no_failure() -> None:
    """Each execution that shows the second bug shows the first one, too."""

    def check(state: Many) -> None:
        assert state.counts["a"] == 1

    def sets(state: Many) -> None:
        state.x += 1
        if not state.y:
            state.barrier.wait()
            state.y = 1
            state.add_to_a()

    found = searched(sets, sets, more=200, check=check, accepts=X_MAY_STAY)
    errors = [hazard for hazard in found.hazards if hazard.is_error]
    assert [hazard.kind for hazard in errors] == ["test-failure"]


def test_a_failure_that_comes_from_what_is_accepted_is_accepted_with_it() -> None:
    def check(state: Many) -> None:
        assert state.x == 2

    found = searched(Many.one_more, Many.one_more, more=200, check=check, accepts=X_MAY_STAY)
    assert {hazard.kind for hazard in found.hazards} == {"lost-update", "test-failure"}
    assert not any(hazard.is_error for hazard in found.hazards)
    other = searched(Many.both, Many.both, more=200, check=check, accepts=X_MAY_STAY)
    assert [each.location for each in other.hazards if each.is_error] == ["Many.y"]


@pytest.mark.parametrize("more", [0, 50])
def test_the_first_one_is_found_as_fast(more: int) -> None:
    alone = searched(Many.both, Many.both, more=0)
    found = searched(Many.both, Many.both, more=more)
    assert min(hazard.schedule_index for hazard in found.hazards) == alone.executions


def test_what_is_known_is_not_executed_again_to_be_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_again = []
    look_again = Explorer._looked_again

    def counted(self: Explorer, suspect: Finding) -> Finding | None:
        looked_again.append(suspect)
        return look_again(self, suspect)

    monkeypatch.setattr(Explorer, "_looked_again", counted)
    found = searched(Many.both, Many.both, more=None, schedules=100)
    assert len(found.hazards) == len(looked_again) == 2
