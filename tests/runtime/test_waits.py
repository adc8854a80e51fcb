"""Waits that may run out, loops that poll, clocks: both outcomes, and an end."""

from __future__ import annotations

import queue
import sched
import subprocess
import sys
import threading
import time
from time import monotonic, sleep

import pytest

from pytest_concurrency import explore
from pytest_concurrency.api import instrumentation_for
from pytest_concurrency.search.execution.engine import execute, exploring, start_round
from pytest_concurrency.search.orders.in_order import InOrder


class State:
    def __init__(self):
        self.lock = threading.Lock()
        self.condition = threading.Condition()
        self.event = threading.Event()
        self.barrier = threading.Barrier(2)
        self.queue = queue.Queue()
        self.simple = queue.SimpleQueue()
        self.flag = False
        self.outcomes = []


def clean(workers, check=None, schedules=60):
    found = explore(State, workers, check, schedules=schedules, stop_at_first=False)
    assert not found.hazards, found.hazards[0].message + found.hazards[0].detail
    return found


def _from_queue(state):
    try:
        return state.queue.get(timeout=0.1)
    except queue.Empty:
        return False


def _from_simple_queue(state):
    try:
        return state.simple.get(timeout=0.1)
    except queue.Empty:
        return False


def _from_condition(state):
    with state.condition:
        return state.condition.wait_for(lambda: state.flag, 0.1)


def _set_flag(state):
    with state.condition:
        state.flag = True
        state.condition.notify()


def _from_barrier(state):
    try:
        state.barrier.wait(0.1)
    except threading.BrokenBarrierError:
        return False
    return True


@pytest.mark.parametrize(
    ("wait", "end"),
    [
        (lambda state: state.event.wait(0.1), lambda state: state.event.set()),
        (_from_queue, lambda state: state.queue.put(True)),
        (_from_simple_queue, lambda state: state.simple.put(True)),
        (_from_condition, _set_flag),
        (_from_barrier, _from_barrier),
    ],
    ids=["event", "queue", "simple-queue", "condition", "barrier"],
)
def test_both_outcomes_of_a_short_wait_are_seen(wait, end):
    seen = set()

    def work(state):
        state.outcomes.append(wait(state))

    clean([work, end], lambda state: seen.add(state.outcomes[0]) or True)
    assert seen == {True, False}


def test_a_finding_that_needs_a_wait_to_run_out_says_so():
    def work(state):
        assert state.event.wait(0.1)

    (hazard,) = explore(State, [work, lambda state: state.event.set()], schedules=200).hazards
    assert hazard.note == "thread 1's wait of 0.1 s ran out while other threads could go on"


def test_a_long_wait_does_not_run_out_while_others_can_go_on():
    clean(
        [lambda state: state.outcomes.append(state.event.wait(30)), lambda s: s.event.set()],
        lambda state: state.outcomes == [True],
    )


def test_cancelling_a_timer_may_come_too_late():
    def work(state):
        timer = threading.Timer(0.1, state.outcomes.append, (1,))
        timer.start()
        timer.cancel()
        timer.join()
        assert not state.outcomes

    assert explore(State, [work], schedules=100).hazards[0].kind == "thread-exception"


def _spin(state):
    while not state.flag:
        pass


def _poll(state):
    while not state.flag:
        time.sleep(0.01)


def _poll_event(state):
    while not state.event.wait(0.05):
        pass


def _poll_queue(state):
    while True:
        try:
            return state.queue.get_nowait()
        except queue.Empty:
            pass


def _spin_on_lock(state):
    lock = state.lock
    while lock.locked():
        pass


def _set(state):
    state.flag = True
    state.event.set()
    state.queue.put(1)


@pytest.mark.parametrize("loop", [_spin, _poll, _poll_event, _poll_queue])
def test_polling_loops_end(loop):
    clean([loop, _set], schedules=20)


def test_spinning_on_a_lock_ends():
    def hold(state):
        with state.lock:
            state.flag = True

    clean([_spin_on_lock, hold], schedules=20)


@pytest.mark.parametrize(
    ("loop", "told"),
    [
        (_spin, "thread 1 keeps reading State.flag at test_waits.py:{line}, which nobody writes"),
        (_poll, "thread 1 keeps reading State.flag at test_waits.py:{line}, which nobody writes"),
        (_poll_event, "thread 1 keeps trying State.event at test_waits.py:{line}"),
    ],
)
def test_a_loop_that_waits_for_ever_says_what_for(loop, told):
    (hazard,) = explore(State, [loop], schedules=1).hazards
    assert hazard.kind == "no-progress"
    assert hazard.message.endswith(told.format(line=loop.__code__.co_firstlineno + 1))


def test_a_loop_that_polls_the_clock_for_a_minute_ends():
    def work(state):
        end = time.monotonic() + 60
        while time.monotonic() < end:
            if state.flag:
                break

    clean([work, lambda state: None], schedules=3)


class Naps:
    """Ways to hold ``time.sleep``, made anew for each test."""

    def __init__(self):
        def sleep_by_default(seconds, nap=time.sleep, now=time.monotonic):
            before = now()
            nap(seconds)
            return now() - before

        class Clocked:
            nap = time.sleep
            now = staticmethod(time.monotonic)

            def __init__(self):
                self.own_nap = time.sleep

        self.by_default = sleep_by_default
        self.cls = Clocked
        self.instance = Clocked()
        self.table = {"sleep": time.sleep}


NAPS = {
    "default": lambda naps: naps.by_default(1000),
    "by-name": lambda naps: sleep(1000),
    "class": lambda naps: naps.instance.nap(1000),
    "instance": lambda naps: naps.instance.own_nap(1000),
    "table": lambda naps: naps.table["sleep"](1000),
}


@pytest.mark.parametrize("nap", NAPS.values(), ids=NAPS)
def test_time_is_virtual_however_it_is_held(nap):
    naps = Naps()

    def work(state):
        before = monotonic(), naps.cls.now()
        nap(naps)
        assert 1000 <= monotonic() - before[0] < 1001
        assert 1000 <= naps.cls.now() - before[1] < 1001

    for _ in range(3):  # found by looking for it, remembered, and found again
        clean([work], schedules=2)
        assert naps.cls.nap is naps.table["sleep"] is naps.instance.own_nap is time.sleep is sleep
        assert naps.by_default.__defaults__ == (time.sleep, time.monotonic)


def test_the_scheduler_of_the_standard_library_runs_on_virtual_time():
    def work(state):
        plan = sched.scheduler()
        plan.enter(20, 1, state.outcomes.append, (2,))
        plan.enter(10, 1, state.outcomes.append, (1,))
        plan.run()
        assert state.outcomes == [1, 2]

    clean([work], schedules=2)


class Looks:
    def __init__(self):
        self.seconds = []

    def look_twice(self):
        start = monotonic()
        self.seconds.append(monotonic() - start)

    def poll(self):
        start = monotonic()
        while monotonic() < start + 1:
            pass
        self.look_twice()


@pytest.mark.parametrize("stands_still", [True, False])
def test_a_clock_that_stands_still_goes_on_where_it_is_polled(stands_still):
    looks = Looks()
    with exploring(instrumentation_for([Looks]), 60):
        for body in (looks.look_twice, looks.poll):
            start_round(is_brief=True, stands_still=stands_still)
            assert not execute(InOrder((1,)), body).outcome
    first, after = looks.seconds
    assert (first == 0) is stands_still
    assert after > 0


def test_each_execution_starts_at_the_same_time():
    seen = set()
    clean([lambda state: seen.add(time.time())], schedules=4)
    assert len(seen) == 1


def test_a_wait_for_what_is_out_of_sight_does_not_run_out_early():
    def run(state):
        subprocess.run([sys.executable, "-c", "import time; time.sleep(0.5)"], check=True)
        state.event.set()

    def work(state):
        assert state.event.wait(20)

    clean([run, work], schedules=2)


def test_a_process_is_waited_for_in_real_time():
    def work(state):
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(0.3)"])
        assert child.wait(timeout=20) == 0

    clean([work], schedules=2)
