"""Locks that a thread still holds when it ends: found without an assertion, and never where they
are signals, or where it is so in each serial run.
"""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from pytest_concurrency import explore

MODULE_LOCK = threading.Lock()
Work = Callable[["Stock"], object]


class Stock:
    def __init__(self) -> None:
        self.lock: Any = threading.Lock()
        self.again = threading.RLock()
        self.changed = threading.Condition()
        self.items = ["a"]
        self.open: list[Any] = []
        self.turns = [threading.Lock(), threading.Lock()]
        self.turns[1].acquire()

    def enter(self) -> None:
        self.lock.acquire()  # taken

    def leave(self) -> None:
        self.lock.release()

    def locked(self) -> Iterator[None]:
        with self.lock:  # taken
            yield

    @contextmanager
    def forgetful(self) -> Iterator[None]:
        self.lock.acquire()  # taken
        yield
        self.lock.release()


def taken_in(function: Callable[..., object]) -> int:
    lines, first = inspect.getsourcelines(inspect.unwrap(function))
    return first + next(number for number, line in enumerate(lines) if "# taken" in line)


# -- the way back is skipped ----------------------------------------------------------------


def skipped_by_an_exception(stock: Stock) -> None:
    if stock.items:
        with suppress(IndexError):
            stock.lock.acquire()  # taken
            stock.items.pop()
            stock.lock.release()


def skipped_by_a_return(stock: Stock) -> None:
    if stock.items:
        stock.lock.acquire()  # taken
        if not stock.items:
            return
        stock.items.pop()
        stock.lock.release()


def skipped_by_a_break(stock: Stock) -> None:
    while stock.items:
        stock.lock.acquire()  # taken
        if not stock.items:
            break
        stock.items.pop()
        stock.lock.release()


def reentrant_given_back_too_seldom(stock: Stock) -> None:
    if stock.items:
        stock.again.acquire()  # taken
        with stock.again:
            if stock.items:
                stock.items.pop()
                stock.again.release()


def lock_of_a_condition(stock: Stock) -> None:
    if stock.items:
        with suppress(IndexError):
            stock.changed.acquire()  # taken
            stock.items.pop()
            stock.changed.notify()
            stock.changed.release()


def taken_by_a_helper(stock: Stock) -> None:
    if stock.items:
        stock.enter()
        if stock.items:
            stock.items.pop()
            stock.leave()


def generator_not_gone_through(stock: Stock) -> None:
    if stock.items:
        steps = stock.locked()
        next(steps)
        if stock.items:
            stock.items.pop()
            steps.close()
        else:
            stock.open.append(steps)


def context_manager_without_finally(stock: Stock) -> None:
    if stock.items:
        with suppress(IndexError), stock.forgetful():
            stock.items.pop()


WRONG: list[tuple[Work, Callable[..., object], str]] = [
    (skipped_by_an_exception, skipped_by_an_exception, "Stock.lock"),
    (skipped_by_a_return, skipped_by_a_return, "Stock.lock"),
    (skipped_by_a_break, skipped_by_a_break, "Stock.lock"),
    (reentrant_given_back_too_seldom, reentrant_given_back_too_seldom, "Stock.again"),
    (lock_of_a_condition, lock_of_a_condition, "Stock.changed"),
    (taken_by_a_helper, Stock.enter, "Stock.lock"),
    (generator_not_gone_through, Stock.locked, "Stock.lock"),
    (context_manager_without_finally, Stock.forgetful, "Stock.lock"),
]


@pytest.mark.parametrize(
    ("work", "takes", "name"), WRONG, ids=[work.__name__ for work, _, _ in WRONG]
)
def test_a_lock_that_is_not_given_back_is_found(
    work: Work, takes: Callable[..., object], name: str
) -> None:
    (hazard,) = explore(Stock, [work, work], schedules=300).hazards
    assert (hazard.kind, hazard.severity) == ("lock-held-at-end", "error")
    assert hazard.location.startswith(name)
    assert [(use.site.line, use.op) for use in hazard.sites] == [(taken_in(takes), "acquire")]
    assert f"which it had taken at test_held_lock.py:{taken_in(takes)}" in hazard.message
    assert hazard.timeline
    assert "not deterministic" not in hazard.note


# -- it is given back, or meant to be held --------------------------------------------------------


def given_back_by_with(stock: Stock) -> None:
    if stock.items:
        with suppress(IndexError), stock.lock:
            stock.items.pop()


def given_back_finally(stock: Stock) -> None:
    if stock.items:
        stock.lock.acquire()
        try:
            if stock.items:
                stock.items.pop()
        finally:
            stock.lock.release()


def reentrant_given_back_as_often(stock: Stock) -> None:
    with stock.again, stock.again:
        stock.items.append("b")


def generator_closed(stock: Stock) -> None:
    steps = stock.locked()
    next(steps)
    stock.items.append("b")
    steps.close()


def first_come(stock: Stock) -> None:
    """Who gets it does what is to be done once."""
    if stock.items and stock.lock.acquire(blocking=False):
        stock.items.append("b")


def first_come_of_those_that_meet(stock: Stock) -> None:
    """One after another nobody tries."""
    stock.open.append(1)
    if len(stock.open) == 2 and stock.lock.acquire(blocking=False):
        stock.items.append("b")
    stock.open.pop()


def ping(stock: Stock) -> None:
    stock.turns[0].acquire()
    stock.items.append("ping")
    stock.turns[1].release()


def pong(stock: Stock) -> None:
    stock.turns[1].acquire()
    stock.items.append("pong")
    stock.turns[0].release()


def takes_for_another(stock: Stock) -> None:
    stock.lock.acquire()
    thread = threading.Thread(target=stock.lock.release)
    thread.start()


def waits_for_a_sign_if_they_meet(stock: Stock) -> None:
    """Who comes second waits until the first one is through, and keeps the sign."""
    with stock.again:
        stock.open.append(1)
        is_second = len(stock.open) == 2
    if is_second:
        stock.turns[1].acquire()
        return
    stock.items.append("b")
    with stock.again:
        stock.open.pop()
        if stock.turns[1].locked():
            stock.turns[1].release()


def daemon_holds_it(stock: Stock) -> None:
    """One after another it finds nothing to do."""

    def hold() -> None:
        if stock.items:
            stock.again.acquire()

    threading.Thread(target=hold, daemon=True).start()
    stock.items.clear()


def gate_for_one(stock: Stock) -> None:
    """Stays closed when somebody has gone through."""
    stock.turns[0].acquire()


def module_lock(stock: Stock) -> None:
    with MODULE_LOCK:
        stock.items.append("b")


@pytest.mark.parametrize(
    "workers",
    [
        [given_back_by_with] * 2,
        [given_back_finally] * 2,
        [reentrant_given_back_as_often] * 2,
        [generator_closed] * 2,
        [first_come] * 2,
        [first_come_of_those_that_meet] * 2,
        [ping, pong],
        [ping, pong, ping],
        [takes_for_another] * 2,
        [daemon_holds_it],
        [gate_for_one],
        [module_lock] * 2,
    ],
    ids=lambda workers: workers[0].__name__,
)
def test_a_lock_that_is_given_back_or_a_signal_is_none(workers: list[Work]) -> None:
    found = explore(Stock, workers, schedules=300)
    assert not found.hazards, found.hazards[0].message


def test_a_lock_that_another_thread_has_given_back_is_a_signal() -> None:
    found = explore(Stock, [waits_for_a_sign_if_they_meet] * 2, schedules=300, stop_at_first=False)
    assert "lock-held-at-end" not in {hazard.kind for hazard in found.hazards}


def test_the_main_thread_may_keep_what_it_holds() -> None:
    def work(stock: Stock) -> None:
        stock.items.append("b")

    def setup() -> Stock:
        stock = Stock()
        stock.again.acquire()
        return stock

    assert not explore(setup, [work, work], schedules=60).hazards


def test_a_thread_that_dies_of_an_exception_is_told_as_that() -> None:
    def work(stock: Stock) -> None:
        if stock.items:
            stock.lock.acquire()
            stock.items.pop()
            stock.lock.release()

    (hazard,) = explore(Stock, [work, work], schedules=300).hazards
    assert hazard.kind == "thread-exception"
