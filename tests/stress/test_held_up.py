"""Threads are held up before what they touch in code that has no scheduling points."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable

import pytest

from pytest_concurrency.stress.outside import held_up
from pytest_concurrency.stress.outside.held_up import Hold, Noting, holds_in
from pytest_concurrency.stress.outside.touch import Deed, Line, Touch

LOG = ("it.py", 3, "write")


def touch(location: str, deed: Deed, line: Line = LOG, *, is_unseen: bool = True) -> Touch:
    return Touch(0, location, deed, line=line, is_unseen=is_unseen)


WRITE = touch("/a", "write")


def holds(*traces: tuple[Touch, ...]) -> list[tuple[str, int]]:
    return [(hold.step.deed, hold.before) for hold in holds_in(traces, random.Random(1))]


def test_before_what_others_touch_too() -> None:
    trace = (touch("/a", "read"), touch("/a", "write"))
    assert holds(trace, trace) == [("write", 0), ("read", 0)]


def test_not_where_nobody_else_comes() -> None:
    assert holds((touch("/a", "write"),), (touch("/b", "write"),)) == []


def test_not_where_there_is_a_scheduling_point() -> None:
    trace = (touch("/a", "read", is_unseen=False), touch("/a", "write", is_unseen=False))
    assert holds(trace, trace) == []


def test_the_same_done_again_is_another_place() -> None:
    trace = (touch("/a", "write"), touch("/a", "write"))
    assert sorted(holds(trace, trace)) == [("write", 0), ("write", 1)]


def the_hold() -> Hold:
    (hold,) = holds_in([(WRITE,), (WRITE,)], random.Random(1))
    return hold


def test_one_thread_is_held_up_while_another_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    noting, order, is_held, is_done = Noting(the_hold()), [], threading.Event(), threading.Event()

    def held() -> None:
        noting(WRITE, None)
        order.append("held")

    def other() -> None:
        is_held.wait()
        noting(WRITE, None)
        order.append("other")
        is_done.set()

    def look(seconds: float) -> None:
        is_held.set()
        is_done.wait()

    monkeypatch.setattr(held_up, "sleep", look)
    in_threads(held, other)
    assert order == ["other", "held"]
    assert noting.traces == ((WRITE,), (WRITE,))


def test_who_is_waited_for_is_not_held_up_for_ever() -> None:
    noting, lock = Noting(the_hold()), threading.Lock()

    def locked() -> None:
        with lock:
            noting(WRITE, None)

    in_threads(locked, locked)
    assert noting.traces == ((WRITE,), (WRITE,))


def in_threads(*functions: Callable[[], None]) -> None:
    threads = [threading.Thread(target=each) for each in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
