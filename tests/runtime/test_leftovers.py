"""Threads that outlive the program, and executors that are older than it."""

from __future__ import annotations

import _thread
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar

import pytest

from pytest_concurrency import explore

WIDE = ThreadPoolExecutor(2)


class State:
    def __init__(self):
        self.value = 0
        self.event = threading.Event()
        self.lock = threading.Lock()

    def bump(self):
        seen = self.value
        self.value = seen + 1


def clean(workers, check=None, schedules=20, setup=State):
    found = explore(setup, workers, check, schedules=schedules, stop_at_first=False)
    assert not found.hazards, found.hazards[0].message + found.hazards[0].detail
    return found


@pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")
def test_what_a_thread_raises_while_it_is_unwound_is_not_the_programs():
    """One that waits for its condition to be free leaves it without holding it."""

    def work(state):
        condition = threading.Condition(state.lock)

        def wait():
            with condition:
                condition.wait(0.05)

        def hold():
            with condition:
                state.event.wait()

        for target in (wait, hold):
            threading.Thread(target=target, daemon=True).start()
        time.sleep(1)

    clean([work], schedules=60)


def test_a_thread_that_waits_for_ever_is_a_leak():
    def work(state):
        threading.Thread(target=state.event.wait, name="forgotten").start()

    (hazard,) = explore(State, [work], schedules=5).hazards
    assert (hazard.kind, hazard.severity) == ("thread-leak", "warning")
    assert hazard.message.startswith("thread 2 (forgotten), started at ")
    assert hazard.sites[0].site.line == work.__code__.co_firstlineno + 1
    assert hazard.sites[0].site.path == __file__


def test_a_leak_does_not_hide_what_else_is_wrong():
    def work(state):
        threading.Thread(target=state.event.wait).start()
        state.bump()

    found = explore(State, [work, work], schedules=60)
    assert [hazard.kind for hazard in found.hazards] == ["lost-update", "thread-leak"]


def test_a_job_that_never_ends_is_a_leak():
    def work(state):
        state.pool = ThreadPoolExecutor(1)
        state.pool.submit(state.event.wait)

    (hazard,) = explore(State, [work], schedules=5).hazards
    assert hazard.kind == "thread-leak"


@pytest.mark.parametrize(
    "leave",
    [
        lambda state: threading.Thread(target=state.event.wait, daemon=True).start(),
        lambda state: threading.Timer(1, state.bump).start(),
        lambda state: threading.Thread(target=state.bump).start(),
        lambda state: setattr(state, "pool", ThreadPoolExecutor(2)) or state.pool.submit(int),
        lambda state: ThreadPoolExecutor(2).submit(state.bump),
        lambda state: _thread.start_new_thread(state.event.wait, ()),
    ],
    ids=["daemon", "timer", "soon", "idle-pool", "dropped-pool", "raw"],
)
def test_these_are_no_leaks(leave):
    clean([leave])


def test_an_executor_without_waiting_is_no_leak():
    def work(state):
        pool = ThreadPoolExecutor(1)
        pool.submit(state.bump)
        pool.shutdown(wait=False)

    clean([work], lambda state: state.value == 1)


def test_what_was_left_behind_ends_before_the_check():
    def work(state):
        threading.Thread(target=lambda: (time.sleep(1), state.bump())).start()

    clean([work], lambda state: state.value == 1)


def test_daemons_end_with_their_execution():
    seen = []

    def setup():
        seen.clear()
        return State()

    def work(state):
        def run():
            while True:
                time.sleep(1)
                seen.append(state)

        threading.Thread(target=run, daemon=True).start()
        time.sleep(5)
        assert all(each is state for each in seen)

    clean([work], setup=setup)


def wide_state():
    WIDE.submit(int).result()  # its workers exist, and are not managed
    return State()


def test_an_executor_from_outside_works():
    def work(state):
        assert WIDE.submit(pow, 2, 2).result(timeout=30) == 4
        assert list(WIDE.map(abs, [-1, -2, -3], timeout=30)) == [1, 2, 3]

    clean([work, work], setup=wide_state)
    assert WIDE.submit(pow, 3, 2).result(10) == 9


def test_an_executor_from_outside_is_scheduled():
    def work(state):
        WIDE.submit(state.bump).result()

    found = explore(wide_state, [work, work], schedules=100)
    assert [hazard.kind for hazard in found.hazards] == ["lost-update"]


def test_an_executor_kept_from_the_first_execution_works_in_the_next():
    kept = []

    def work(state):
        if not kept:
            kept.append(ThreadPoolExecutor(1))
        assert kept[0].submit(pow, 2, 2).result() == 4

    clean([work])
    assert kept[0].submit(pow, 3, 2).result(10) == 9
    kept[0].shutdown()


def test_that_the_workers_of_an_executor_are_unwound_is_no_news(caplog):
    kept = []

    def work(state):
        kept.append(ThreadPoolExecutor(1))
        kept[-1].submit(state.bump)

    clean([work], schedules=3)
    assert not caplog.records


def test_threads_that_are_started_on_kept_ones_are_no_daemons():
    def work(state):
        assert not threading.current_thread().daemon
        assert not threading.Thread().daemon

    clean([work, work], schedules=3)


def test_a_thread_that_is_kept_is_called_as_any_other():
    def work(state):
        current = threading.current_thread()
        assert type(current).__name__ == "Thread"
        assert repr(current).startswith("<Thread(")

    clean([work, work], schedules=3)


def test_a_callable_begins_without_what_another_one_has_left_on_its_thread():
    number, local = ContextVar("number", default=0), threading.local()

    def work(state):
        assert (number.get(), getattr(local, "number", 0)) == (0, 0)
        number.set(1)
        local.number = 1

    clean([work, work], schedules=6)


def test_raw_threads_are_managed():
    def work(state):
        done = _thread.allocate_lock()
        done.acquire()

        def run():
            state.bump()
            done.release()

        _thread.start_new_thread(run, ())
        state.bump()
        done.acquire()

    assert explore(State, [work], schedules=60).hazards[0].kind == "lost-update"


@pytest.mark.skipif(sys.version_info < (3, 13), reason="new in Python 3.13")
def test_joinable_threads_are_safe():
    def work(state):
        handle = _thread.start_joinable_thread(state.bump)
        handle.join()
        assert handle.is_done()
        assert state.value == 1

    clean([work], schedules=4)


def test_wrong_arguments_of_raw_threads_raise():
    def work(state):
        with pytest.raises(TypeError):
            _thread.start_new_thread(state.bump, [])
        with pytest.raises(TypeError):
            _thread.start_new_thread(None, ())

    clean([work], schedules=3)
