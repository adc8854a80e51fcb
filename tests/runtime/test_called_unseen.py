"""Methods of containers that the standard library calls for the program: by a thread, a timer or a
job of an executor, bound to their object or not.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Thread, Timer

import pytest

from pytest_concurrency import explore

Items = list[int]


def by_thread(items: Items) -> Callable[[], object]:
    thread = Thread(target=items.append, args=(1,))
    thread.start()
    return thread.join


def by_thread_through_the_class(items: Items) -> Callable[[], object]:
    thread = Thread(target=list.append, args=(items, 1))
    thread.start()
    return thread.join


def by_timer(items: Items) -> Callable[[], object]:
    timer = Timer(0.01, items.append, [1])
    timer.start()
    return timer.join


def by_timer_through_the_class(items: Items) -> Callable[[], object]:
    timer = Timer(0.01, list.append, [items, 1])
    timer.start()
    return timer.join


def by_job(items: Items) -> Callable[[], object]:
    pool = ThreadPoolExecutor(1)
    pool.submit(items.append, 1)
    return pool.shutdown


def by_job_through_the_class(items: Items) -> Callable[[], object]:
    pool = ThreadPoolExecutor(1)
    pool.submit(list.append, items, 1)
    return pool.shutdown


def by_thread_of_a_partial(items: Items) -> Callable[[], object]:
    thread = Thread(target=partial(items.append, 1))
    thread.start()
    return thread.join


def by_timer_of_a_partial(items: Items) -> Callable[[], object]:
    timer = Timer(0.01, partial(list.append, items), [1])
    timer.start()
    return timer.join


def by_job_of_a_partial(items: Items) -> Callable[[], object]:
    pool = ThreadPoolExecutor(1)
    pool.submit(partial(partial(items.append), 1))
    return pool.shutdown


def by_job_that_maps(items: Items) -> Callable[[], object]:
    pool = ThreadPoolExecutor(1)
    pool.submit(lambda: list(map(items.append, [1])))
    return pool.shutdown


each_way = pytest.mark.parametrize(
    "begin",
    [
        by_thread,
        by_thread_through_the_class,
        by_timer,
        by_timer_through_the_class,
        by_job,
        by_job_through_the_class,
        by_thread_of_a_partial,
        by_timer_of_a_partial,
        by_job_of_a_partial,
        by_job_that_maps,
    ],
)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@each_way
def test_who_looks_meanwhile_meets_it(begin: Callable[[Items], Callable[[], object]]) -> None:
    def work(items: Items) -> None:
        end = begin(items)
        met = len(items)
        end()
        assert not met

    (hazard,) = explore(list, [work], schedules=100).hazards
    assert hazard.location == "items"


@each_way
def test_who_looks_before_does_not(begin: Callable[[Items], Callable[[], object]]) -> None:
    def work(items: Items) -> None:
        met = len(items)
        begin(items)()
        assert not met
        assert len(items) == 1

    assert not explore(list, [work], schedules=100).hazards
