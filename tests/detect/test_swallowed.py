"""Exceptions of jobs that nobody asks for: found without an assertion, and never where somebody
asks, or where it is so in each schedule.
"""

from __future__ import annotations

import asyncio
import gc
import inspect
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor, as_completed, wait
from contextlib import suppress
from functools import partial
from multiprocessing.pool import ThreadPool
from typing import Any

import pytest

from pytest_concurrency import explore

SECONDS = 30


class Stock:
    def __init__(self) -> None:
        self.items = ["a"]
        self.failed: list[BaseException | None] = []

    def take(self) -> str | None:
        if self.items:
            return self.items.pop()
        return None

    def take_and_note(self) -> None:
        try:
            self.take()
        except IndexError as error:
            self.failed.append(error)

    def look(self, future: Future[Any]) -> None:
        self.failed.append(future.exception())

    def be_told(self, future: Future[Any]) -> None:
        self.failed.append(None)


POPS = inspect.getsourcelines(Stock.take)[1] + 2


def two(pool: Executor, stock: Stock) -> list[Future[str | None]]:
    return [pool.submit(stock.take), pool.submit(stock.take)]


# -- nobody asks ----------------------------------------------------------------------------


def forgotten(stock: Stock) -> None:
    with ThreadPoolExecutor(2) as pool:
        two(pool, stock)


def kept_and_not_asked(stock: Stock) -> None:
    with ThreadPoolExecutor(2) as pool:
        futures = two(pool, stock)
    assert all(future.done() for future in futures)


def mapped_and_not_gone_through(stock: Stock) -> None:
    with ThreadPoolExecutor(2) as pool:
        pool.map(lambda _: stock.take(), range(2))


def waited_for_only(stock: Stock) -> None:
    with ThreadPoolExecutor(2) as pool:
        wait(two(pool, stock))


def counted_as_completed(stock: Stock) -> None:
    with ThreadPoolExecutor(2) as pool:
        assert sum(1 for _ in as_completed(two(pool, stock))) == 2


def called_back_without_a_look(stock: Stock) -> None:
    with ThreadPoolExecutor(2) as pool:
        for future in two(pool, stock):
            future.add_done_callback(stock.be_told)


def one_of_two_asked(stock: Stock) -> None:
    with ThreadPoolExecutor(2) as pool, suppress(IndexError):
        first, _ = two(pool, stock)
        first.result()


def not_waited_for(stock: Stock) -> None:
    pool = ThreadPoolExecutor(2)
    two(pool, stock)
    pool.shutdown(wait=False)


def task_that_nobody_awaits(stock: Stock) -> None:
    async def main() -> None:
        await asyncio.wait([asyncio.ensure_future(asyncio.to_thread(stock.take)) for _ in range(2)])

    asyncio.run(main())


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(
    "work",
    [
        forgotten,
        kept_and_not_asked,
        mapped_and_not_gone_through,
        waited_for_only,
        counted_as_completed,
        called_back_without_a_look,
        one_of_two_asked,
        not_waited_for,
        task_that_nobody_awaits,
    ],
)
def test_an_exception_that_only_concurrency_brings_is_found(work: Callable[[Stock], None]) -> None:
    (hazard,) = explore(Stock, [work], schedules=300, seconds=SECONDS).hazards
    assert (hazard.kind, hazard.severity) == ("swallowed-exception", "error")
    assert f"IndexError: pop from empty list at test_swallowed.py:{POPS}" in hazard.message
    assert hazard.location == "Stock.items"
    assert {use.site.line for use in hazard.sites} == {POPS - 1, POPS}
    assert "not deterministic" not in hazard.note


# -- somebody asks, or need not ---------------------------------------------------------------


def asked_by_result(stock: Stock) -> None:
    with ThreadPoolExecutor(2) as pool:
        futures = two(pool, stock)
    with suppress(IndexError):
        for future in futures:
            future.result()


def asked_by_exception(stock: Stock) -> None:
    with ThreadPoolExecutor(2) as pool:
        stock.failed += [future.exception() for future in two(pool, stock)]


def gone_through(stock: Stock) -> None:
    with ThreadPoolExecutor(2) as pool, suppress(IndexError):
        list(pool.map(lambda _: stock.take(), range(2)))


def waited_for_and_looked_at(stock: Stock) -> None:
    with ThreadPoolExecutor(2) as pool:
        done, _ = wait(two(pool, stock))
        stock.failed += [future.exception() for future in done]


def asked_as_completed(stock: Stock) -> None:
    with ThreadPoolExecutor(2) as pool, suppress(IndexError):
        for future in as_completed(two(pool, stock)):
            future.result()


def called_back_with_a_look(stock: Stock) -> None:
    with ThreadPoolExecutor(2) as pool:
        for future in two(pool, stock):
            future.add_done_callback(stock.look)


def notes_its_failure_itself(stock: Stock) -> None:
    with ThreadPoolExecutor(2) as pool:
        for _ in range(2):
            pool.submit(stock.take_and_note)


def cancelled(stock: Stock) -> None:
    with ThreadPoolExecutor(1) as pool:
        for future in two(pool, stock):
            future.cancel()


def tasks_gathered(stock: Stock) -> None:
    async def main() -> None:
        calls = [asyncio.to_thread(stock.take) for _ in range(2)]
        stock.failed += [
            each
            for each in await asyncio.gather(*calls, return_exceptions=True)
            if isinstance(each, BaseException)
        ]

    asyncio.run(main())


@pytest.mark.parametrize(
    "work",
    [
        asked_by_result,
        asked_by_exception,
        gone_through,
        waited_for_and_looked_at,
        asked_as_completed,
        called_back_with_a_look,
        notes_its_failure_itself,
        cancelled,
        tasks_gathered,
    ],
)
def test_whoever_asks_is_not_accused(work: Callable[[Stock], None]) -> None:
    found = explore(Stock, [work], schedules=60, seconds=SECONDS)
    assert not found.hazards, found.hazards[0].message


def test_asked_after_the_end_is_asked() -> None:
    """By the check, say, or where a fixture is torn down."""
    asked: list[BaseException | None] = []

    def work(futures: list[Future[Any]]) -> None:
        stock = Stock()
        with ThreadPoolExecutor(2) as pool:
            futures += two(pool, stock)

    def check(futures: list[Future[Any]]) -> None:
        asked.extend(future.exception() for future in futures)

    found = explore(list, [work], check, schedules=60)
    assert not found.hazards
    assert any(asked)


def test_what_fails_in_each_schedule_is_a_warning() -> None:
    def divide(state: Any) -> float:
        return 1 / 0

    def work(state: Any) -> None:
        with ThreadPoolExecutor(2) as pool:
            pool.submit(divide, state)

    (hazard,) = explore(dict, [work, work], schedules=60).hazards
    assert (hazard.kind, hazard.severity) == ("swallowed-exception", "warning")
    line = inspect.getsourcelines(divide)[1] + 1
    assert hazard.message.startswith(
        f"a job ended with ZeroDivisionError: division by zero at test_swallowed.py:{line}, and "
        "nobody has asked its future how it ended"
    )
    assert [use.site.line for use in hazard.sites] == [line]


def test_a_failing_test_may_not_have_come_to_its_questions() -> None:
    def work(stock: Stock) -> None:
        with ThreadPoolExecutor(2) as pool:
            two(pool, stock)
            raise OSError("before it asks")

    (hazard,) = explore(Stock, [work], schedules=60).hazards
    assert hazard.kind == "thread-exception"
    assert "OSError" in hazard.message


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_an_exception_in_a_timer_ends_its_thread() -> None:
    def work(stock: Stock) -> None:
        for _ in range(2):
            threading.Timer(0.1, stock.take).start()

    (hazard,) = explore(Stock, [work], schedules=300).hazards
    assert (hazard.kind, hazard.severity) == ("thread-exception", "error")
    assert {use.site.line for use in hazard.sites} == {POPS - 1, POPS}


class Talks(Exception):  # noqa: N818 - says more than others
    asked = 0

    def __str__(self) -> str:
        type(self).asked += 1
        return "text"


def test_exceptions_of_the_program_are_not_asked_for_their_text_and_live_no_longer() -> None:
    alive: list[int] = []

    def fail(state: Any) -> None:
        raise Talks

    def work(state: Any) -> None:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(fail, state)
        gc.collect()
        alive.append(sum(type(each) is Talks for each in gc.get_objects()))

    (hazard,) = explore(dict, [work], schedules=5).hazards
    assert "a job ended with Talks at " in hazard.message
    assert Talks.asked == 0
    assert alive
    assert not any(alive)


def test_jobs_of_other_executors_are_asked_for_themselves() -> None:
    """Who is told of a failure goes no further, but only with the jobs of that executor."""

    def work(stock: Stock) -> None:
        with ThreadPoolExecutor(1) as other:
            with suppress(ZeroDivisionError):
                other.submit(partial(divmod, 1), 0).result()
            forgotten(stock)

    (hazard,) = explore(Stock, [work], schedules=300).hazards
    assert (hazard.kind, hazard.severity) == ("swallowed-exception", "error")


# -- thread pools of multiprocessing: an execution takes half a second, since its threads poll -----


class Slow(Stock):
    def take(self) -> str | None:
        if not self.items:
            return None
        for _ in range(30):
            self.failed = []
        return self.items.pop()


POPS_LATE = inspect.getsourcelines(Slow.take)[1] + 5


def applied(stock: Stock) -> None:
    with ThreadPool(2) as pool:
        for result in [pool.apply_async(stock.take), pool.apply_async(stock.take)]:
            result.wait()


def mapped(stock: Stock) -> None:
    with ThreadPool(2) as pool:
        pool.map_async(lambda _: stock.take(), range(2), chunksize=1).wait()


def applied_with_a_callback_for_errors(stock: Stock) -> None:
    with ThreadPool(2) as pool:
        note = stock.failed.append
        for each in [pool.apply_async(stock.take, error_callback=note) for _ in range(2)]:
            each.wait()


def applied_and_asked_whether_it_succeeded(stock: Stock) -> None:
    with ThreadPool(2) as pool:
        for each in [pool.apply_async(stock.take), pool.apply_async(stock.take)]:
            each.wait()
            each.successful()


@pytest.mark.parametrize("work", [applied, mapped])
def test_results_of_thread_pools_that_nobody_gets(work: Callable[[Stock], None]) -> None:
    (hazard,) = explore(Slow, [work], schedules=40, seconds=SECONDS).hazards
    assert (hazard.kind, hazard.severity) == ("swallowed-exception", "error")
    assert f"IndexError: pop from empty list at test_swallowed.py:{POPS_LATE}" in hazard.message


@pytest.mark.parametrize(
    "work", [applied_with_a_callback_for_errors, applied_and_asked_whether_it_succeeded]
)
def test_results_of_thread_pools_that_are_looked_at(work: Callable[[Stock], None]) -> None:
    found = explore(Slow, [work], schedules=8, seconds=SECONDS)
    assert not found.hazards, found.hazards[0].message
