"""Threads that are not managed and help, before a deadlock is declared; and those that never do."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from pytest_concurrency import explore
from pytest_concurrency.runtime.scheduler import unmanaged

real_sleep = time.sleep


class Helper:
    """A thread from outside that answers each request, slowly."""

    def __init__(self) -> None:
        self.request, self.answer = threading.Semaphore(0), threading.Semaphore(0)
        self.seconds = 0.0
        self.over = False
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self) -> None:
        while True:
            self.request.acquire()
            if self.over:
                return
            real_sleep(self.seconds)
            self.answer.release()

    def ask(self, state: object) -> None:
        self.request.release()
        self.answer.acquire()


@pytest.fixture
def helper() -> Iterator[Helper]:
    helper = Helper()
    yield helper
    helper.over = True
    helper.request.release()
    helper.thread.join(10)


def wait_for_nobody(state: object) -> None:
    lock = threading.Lock()
    lock.acquire()
    lock.acquire()


def test_a_slow_one_is_waited_for(helper: Helper) -> None:
    helper.seconds = 0.1
    assert not explore(lambda: None, [helper.ask], schedules=3).hazards


def test_one_that_did_not_help_before_is_waited_for_all_the_same(helper: Helper) -> None:
    (hazard,) = explore(lambda: None, [wait_for_nobody], schedules=3).hazards
    assert hazard.kind == "deadlock"
    helper.seconds = 0.1
    assert not explore(lambda: None, [helper.ask], schedules=3).hazards


def test_those_that_sleep_hold_up_the_first_deadlock_only(
    helper: Helper, monkeypatch: pytest.MonkeyPatch
) -> None:
    moments: list[object] = []
    seen = {"moments": moments, "wait": unmanaged.wait_really}
    # Not instrumented: it is called by the scheduler itself.
    exec("def counted(*args):\n    moments.append(args)\n    return wait(*args)\n", seen)
    monkeypatch.setattr(unmanaged, "wait_really", seen["counted"])
    monkeypatch.setattr(unmanaged, "_asleep", {})
    explore(lambda: None, [wait_for_nobody], schedules=3)
    first = len(moments)
    for _ in range(10):
        explore(lambda: None, [wait_for_nobody], schedules=3)
    # Each of them runs the deadlock at least twice.
    assert (len(moments) - first) / 10 < first / 2
