"""Who hangs, and who only has had no CPU."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice

import pytest

from pytest_concurrency.stress.children.child import fork_quietly
from pytest_concurrency.stress.children.stillness import WAITS_FOR_GOOD_SECONDS, Overdue

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at what Linux tells")

PAUSE_SECONDS = 0.02


@contextmanager
def child(work: Callable[[], object]) -> Iterator[int]:
    with fork_quietly():
        pid = os.fork()
    if pid == 0:
        work()
        os._exit(0)
    try:
        yield pid
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def spin() -> None:
    while True:
        pass


def asked(overdue: Overdue) -> Iterator[bool]:
    while True:
        time.sleep(PAUSE_SECONDS)
        yield overdue.hangs()


def test_who_works_has_as_much_of_the_cpu_as_it_had_time() -> None:
    with child(spin) as pid:
        overdue = Overdue(pid, 0.3)
        assert not overdue.hangs()
        assert any(asked(overdue))
        assert overdue._stillness.cpu_time() >= 0.3e9


def test_who_waits_hangs_whatever_it_has_used() -> None:
    reading, _ = os.pipe()
    with child(lambda: os.read(reading, 1)) as pid:
        assert any(asked(Overdue(pid, 1000)))


def test_who_looks_does_not_count() -> None:
    lock = threading.Lock()
    with lock:
        waiting = threading.Thread(target=lock.acquire, daemon=True)
        waiting.start()
        assert any(asked(Overdue(os.getpid(), 1000, but=threading.get_native_id())))
    waiting.join()


def test_who_sleeps_may_wake() -> None:
    with child(lambda: time.sleep(1000)) as pid:
        looks = asked(Overdue(pid, 1000))
        assert not any(islice(looks, 8))
        assert any(looks)


def test_who_looks_seldom_has_not_seen_a_long_sleep() -> None:
    with child(lambda: time.sleep(1000)) as pid:
        overdue = Overdue(pid, 0.4)
        assert not overdue.hangs()
        time.sleep(0.6)  # as a machine that stands still
        assert not overdue.hangs()


def test_who_waits_for_long_waits_for_good() -> None:
    reading, _ = os.pipe()
    with child(lambda: os.read(reading, 1)) as waits, child(spin) as works:
        for pid, expected in ((waits, True), (works, False)):
            overdue = Overdue(pid, 1)
            asked_at = time.monotonic()
            while not (found := overdue.waits_for_good()):
                if time.monotonic() > asked_at + 2 * WAITS_FOR_GOOD_SECONDS:
                    break
                time.sleep(PAUSE_SECONDS)
            assert found is expected
