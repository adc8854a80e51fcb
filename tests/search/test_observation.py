"""What is the same failure, and what another one."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from pytest_concurrency import explore
from pytest_concurrency.detect.hazards.given_up import circle
from pytest_concurrency.detect.observation import Failure
from pytest_concurrency.model import Hazard, Site, ThreadState
from pytest_concurrency.runtime.diagnosis.lock_names import given_name, thread_name

FAILURE = Failure("OSError: /tmp/a1", "", "test-failure", "OSError", Site("test_it.py", 7))


def test_texts_do_not_tell_failures_apart() -> None:
    assert replace(FAILURE, message="OSError: /tmp/b2").symptom == FAILURE.symptom


@pytest.mark.parametrize(
    "other",
    [
        replace(FAILURE, site=Site("test_it.py", 8)),
        replace(FAILURE, exception="KeyError"),
        replace(FAILURE, kind="thread-exception"),
    ],
)
def test_kind_exception_and_line_do(other: Failure) -> None:
    assert other.symptom != FAILURE.symptom


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("TABLE['/tmp/pytest-0/x']", "TABLE['/tmp/pytest-1/x']"),
        ("file tmpa1b2c3d4", "file tmpz1b2c3d4"),
        ("SEEN[40122]", "SEEN[40123]"),
        ("<Box at 0x7f00>[0]", "<Box at 0x7f10>[0]"),
    ],
)
def test_hazards_of_two_runs_are_the_same_whatever_a_location_is_called(one: str, two: str) -> None:
    assert Hazard("test-failure", "", one).identity == Hazard("test-failure", "", two).identity


def test_hazards_at_other_locations_are_not() -> None:
    found = {Hazard("test-failure", "", name).identity for name in ("a[0]", "a[1]", "b[0]")}
    assert len(found) == 3


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("Thread-13", ""),
        ("Thread-13 (worker)", "worker"),
        ("Thread-2 (<lambda>)", "<lambda>"),
        ("ThreadPoolExecutor-4_0", "ThreadPoolExecutor_0"),
        ("reader", "reader"),
    ],
)
def test_numbers_that_count_through_the_process_are_no_names(name: str, given: str) -> None:
    assert given_name(name) == given


def test_threads_are_named_by_index_and_name() -> None:
    assert thread_name(0, "MainThread") == "the main thread"
    assert thread_name(2, "Thread-9") == "thread 2"
    assert thread_name(2, "thread 2") == "thread 2"
    assert thread_name(2, "Thread-9 (worker)") == "thread 2 (worker)"


def test_a_location_has_a_name_although_no_run_is_like_the_one_that_met_it() -> None:
    lock, racy = threading.Lock(), [True]

    def bump(stock: dict[str, int]) -> None:
        if racy:
            stock["n"] = stock["n"] + 1
        else:
            with lock:
                stock["n"] = stock["n"] + 1

    def check(stock: dict[str, int]) -> bool:
        if stock["n"] != 2:
            racy.clear()
        return True

    (hazard,) = explore(lambda: {"n": 0}, [bump, bump], check).hazards
    assert (hazard.kind, hazard.location) == ("lost-update", "stock['n']")
    assert not hazard.replay


def _state(thread: int, waits_for: str) -> ThreadState:
    return ThreadState(thread, "", waits_for)


def test_the_main_thread_may_be_one_of_those_that_wait_for_each_other() -> None:
    own = [_state(0, "lock a held by the main thread"), _state(1, "an item in queue q")]
    assert [state.thread for state in circle(own)] == [0]
    both = [_state(0, "the end of thread 1"), _state(1, "lock a held by the main thread")]
    assert [state.thread for state in circle(both)] == [0, 1]
    assert circle([_state(0, "the end of thread 1"), _state(1, "an item in queue q")]) == []


def test_a_deadlock_is_told_by_those_in_it_not_by_idle_workers() -> None:
    def run(ledger: threading.Lock) -> None:
        with ThreadPoolExecutor(1) as pool:
            job = pool.submit(int, "1")
            with ledger:
                job.add_done_callback(lambda _: ledger.acquire())

    (hazard,) = explore(threading.Lock, [run], schedules=50).hazards
    assert (hazard.kind, hazard.location) == ("deadlock", "lock ledger")
    assert "queue" not in hazard.message
