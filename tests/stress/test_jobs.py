"""Several jobs search one cell: what comes out does not depend on which of them is faster."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from pytest_concurrency.model import Hazard
from pytest_concurrency.search.bounded import Search, TooLong
from pytest_concurrency.stress.cells.jobs import cpus, merged, search_in_jobs
from pytest_concurrency.stress.children.child import Progress


def hazard(job: int, number: int) -> Hazard:
    return Hazard("lost-update", f"found by job {job}", schedule_index=number)


def searching(finds: dict[int, int], total: int, pace: dict[int, float]):
    """Make jobs that find something at their n-th execution, some slower than others."""

    def job(number: int, is_over: Callable[[int], bool], progress: object) -> Search:
        seen: dict[int, int] = {}
        for execution in range(1, total + 1):
            if is_over(execution - 1):
                return Search(execution - 1, (), 0.0, "over", interleavings=seen)
            time.sleep(pace.get(number, 0.0))
            seen[number * 1000 + execution] = execution
            if finds.get(number) == execution:
                return Search(execution, (hazard(number, execution),), 0.0, interleavings=seen)
        return Search(total, (), 0.0, interleavings=seen)

    return job


@pytest.mark.parametrize("pace", [{}, {0: 0.002}, {1: 0.002}, {0: 0.001, 1: 0.002}])
def test_who_is_faster_does_not_matter(pace: dict[int, float]) -> None:
    job = searching({0: 9, 1: 4}, 30, pace)
    found = search_in_jobs(job, 2, 2, 10.0, lambda text: None)
    assert [each.message for each in found.hazards] == ["found by job 1"]
    assert found.executions == 4 + 4
    assert len(found.interleavings) == 8


def test_of_equals_the_first_job_wins() -> None:
    job = searching({0: 5, 1: 5}, 30, {0: 0.002})
    found = search_in_jobs(job, 2, 2, 10.0, lambda text: None)
    assert [each.message for each in found.hazards] == ["found by job 0"]


def test_nothing_found() -> None:
    found = search_in_jobs(searching({}, 10, {}), 3, 2, 10.0, lambda text: None)
    assert not found.hazards
    assert found.executions == 30
    assert not found.exhausted


def test_a_finished_first_job_ends_the_search() -> None:
    first = Search(6, (), 0.0, exhausted=True)
    other = Search(9, (hazard(1, 9),), 0.0)
    found = merged([first, other])
    assert found.exhausted
    assert not found.hazards
    assert found.executions == 12


def too_long(points: int, fitted: int) -> Search:
    told = TooLong(points, fitted, 100)
    return Search(fitted + 1, (), 0.0, str(told), told)


def test_what_was_too_long_for_each_job_is_added_up() -> None:
    found = merged([too_long(2_000, 0), too_long(3_000, 2)])
    assert found.reason == "too long: 3,000 points, 2 of 200 schedules fitted"


def test_a_job_that_did_its_share_fitted() -> None:
    found = merged([Search(100, (), 0.0), too_long(3_000, 2)])
    assert found.reason == "too long: 3,000 points, 102 of 200 schedules fitted"


def test_that_time_was_up_for_any_job_is_the_reason() -> None:
    searches = [too_long(2_000, 0), Search(40, (), 0.0, "time was up")]
    assert merged(searches).reason == "time was up"


def test_a_job_that_dies_has_found_that() -> None:
    def job(number: int, is_over: Callable[[int], bool], progress: object) -> Search:
        if number:
            os._exit(3)
        return Search(5, (), 0.0)

    found = search_in_jobs(job, 2, 4, 10.0, lambda text: None)
    (death,) = found.hazards
    assert death.kind == "crash"
    assert "status 3" in death.message


def test_what_a_job_had_found_before_it_died() -> None:
    def job(number: int, is_over: Callable[[int], bool], progress: Progress) -> Search:
        if number:
            progress(hazard(1, 2))
            os._exit(3)
        return Search(5, (), 0.0)

    found = search_in_jobs(job, 2, 4, 10.0, lambda text: None, 9)
    assert [each.kind for each in found.hazards] == ["crash", "lost-update"]


@pytest.mark.parametrize("pace", [{}, {0: 0.002}, {1: 0.002}])
def test_all_go_on_after_the_first_hazard(pace: dict[int, float]) -> None:
    def job(number: int, is_over: Callable[[int], bool], progress: Progress) -> Search:
        hazards: list[Hazard] = []
        for execution in range(1, 31):
            if is_over(execution - 1):
                return Search(execution - 1, tuple(hazards), 0.0)
            time.sleep(pace.get(number, 0.0))
            if execution == {0: 9, 1: 4}[number] or execution == 20:
                hazards.append(replace(hazard(number, execution), location=f"at {execution}"))
                progress(hazards[-1])
        return Search(30, tuple(hazards), 0.0)

    found = search_in_jobs(job, 2, 2, 10.0, lambda text: None, 6)
    assert [each.location for each in found.hazards] == ["at 9", "at 4"]
    assert found.executions == 10 + 10


def test_a_job_that_hangs_is_ended() -> None:
    def job(number: int, is_over: Callable[[int], bool], progress: object) -> Search:
        if number:
            threading.Event().wait()
        return Search(5, (), 0.0)

    (hang,) = search_in_jobs(job, 2, 4, 1.0, lambda text: None).hazards
    assert hang.kind == "timeout"


@pytest.mark.skipif(len(cpus()) < 2, reason="there is one CPU")
def test_each_job_has_a_cpu_of_its_own() -> None:
    def job(number: int, is_over: Callable[[int], bool], progress: object) -> Search:
        return Search(1, (), 0.0, reason="", interleavings={cpus()[0]: 1, -len(cpus()): 1})

    before = cpus()
    found = search_in_jobs(job, 2, 2, 10.0, lambda text: None)
    assert set(found.interleavings) == {*before[:2], -1}
    assert cpus() == before
