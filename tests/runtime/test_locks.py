"""Every primitive of the standard library under the scheduler: right in all schedules, and never
stuck.
"""

from __future__ import annotations

import queue
import threading
import time
from concurrent.futures import ThreadPoolExecutor, as_completed, wait

import pytest

from pytest_concurrency import explore

EARLY_LOCK = threading.Lock()
"""Made at import, long before any exploration."""
EARLY_QUEUE = queue.SimpleQueue()
EARLY_GET = EARLY_QUEUE.get


def clean(setup, workers, check=None, schedules=60):
    """Explore and demand that nothing is found, on more than one interleaving."""
    found = explore(setup, workers, check, schedules=schedules, stop_at_first=False)
    assert not found.hazards, found.hazards[0].message + found.hazards[0].detail
    assert found.exhausted or found.executions == schedules
    return found


class Log:
    def __init__(self):
        self.entries = []
        self.lock = threading.Lock()
        self.rlock = threading.RLock()
        self.condition = threading.Condition()
        self.event = threading.Event()
        self.semaphore = threading.Semaphore(1)
        self.barrier = threading.Barrier(2)
        self.queue = queue.Queue(maxsize=1)
        self.simple = queue.SimpleQueue()
        self.ready = False
        self.value = 0

    def bump(self):
        seen = self.value
        self.value = seen + 1


def with_lock(log):
    with log.lock:
        log.bump()


def with_early_lock(log):
    with EARLY_LOCK:
        log.bump()


def with_acquire(log):
    log.lock.acquire()
    try:
        log.bump()
    finally:
        log.lock.release()


def with_nested_rlock(log):
    with log.rlock, log.rlock:
        log.bump()


def with_condition(log):
    with log.condition:
        log.bump()


def with_condition_acquire(log):
    log.condition.acquire()
    log.bump()
    log.condition.release()


def with_semaphore(log):
    with log.semaphore:
        log.bump()


def with_try_lock(log):
    while not log.lock.acquire(blocking=False):
        time.sleep(0.001)
    log.bump()
    log.lock.release()


@pytest.mark.parametrize(
    "worker",
    [
        with_lock,
        with_early_lock,
        with_acquire,
        with_nested_rlock,
        with_condition,
        with_condition_acquire,
        with_semaphore,
        with_try_lock,
    ],
)
def test_mutual_exclusion(worker):
    found = clean(Log, [worker] * 3, lambda log: log.value == 3)
    assert found.distinct > 1


def test_condition_hands_over():
    def consume(log):
        with log.condition:
            log.condition.wait_for(lambda: log.ready)
            log.entries.append("consumed")

    def produce(log):
        with log.condition:
            log.ready = True
            log.entries.append("produced")
            log.condition.notify()

    clean(Log, [consume, produce], lambda log: log.entries == ["produced", "consumed"])


def test_event_orders():
    def before(log):
        log.entries.append(1)
        log.event.set()

    def after(log):
        assert log.event.wait()
        log.entries.append(2)

    clean(Log, [after, before], lambda log: log.entries == [1, 2])


def test_barrier_separates_phases():
    def work(log):
        with log.lock:
            log.value += 1
        log.barrier.wait()
        assert log.value == 2

    clean(Log, [work, work])


@pytest.mark.parametrize("make", [lambda: queue.Queue(1), queue.SimpleQueue, queue.LifoQueue])
def test_queues_deliver_everything(make):
    def produce(channel):
        for number in range(3):
            channel.put(number)
        channel.put(None)

    def consume(channel):
        received = []
        while (item := channel.get()) is not None:
            received.append(item)
        channel.received = received if hasattr(channel, "__dict__") else None

    clean(make, [produce, lambda channel: [channel.get() for _ in range(4)]])


def test_bound_methods_of_c_are_known_whichever_of_its_two_types_they_have():
    def take(log):
        log.value = EARLY_GET()

    found = clean(Log, [take, lambda log: EARLY_QUEUE.put(1)], lambda log: log.value == 1)
    assert found.exhausted, "it waited in C, for the watchdog"


def test_queue_join_and_task_done():
    def work(log):
        log.queue.put(1)
        log.queue.put(2)
        log.queue.join()
        assert log.value == 2

    def serve(log):
        for _ in range(2):
            log.queue.get()
            log.value += 1
            log.queue.task_done()

    clean(Log, [work, serve])


def test_timeouts_are_virtual_and_fire_last():
    def impatient(log):
        log.entries.append(log.event.wait(3600))

    def setter(log):
        time.sleep(60)
        log.event.set()

    # A minute for each schedule is more than there is for all of them.
    clean(Log, [impatient, setter], lambda log: log.entries == [True])


def test_a_timed_wait_is_never_a_deadlock():
    def wait_for_nobody(log):
        assert not log.event.wait(5)
        acquired = log.lock.acquire(timeout=0.5)
        assert not acquired
        with pytest.raises(queue.Empty):
            log.queue.get(timeout=2)
        with pytest.raises(queue.Empty):
            log.simple.get(timeout=2)

    def hold(log):
        log.lock.acquire()
        log.entries.append("held")

    def both(log):
        hold(log)
        thread = threading.Thread(target=wait_for_nobody, args=(log,))
        thread.start()
        thread.join(1)
        assert thread.is_alive()
        thread.join()
        assert not thread.is_alive()

    clean(Log, [both])


def test_clocks_follow_the_sleeps():
    def sleep_and_look(log):
        before = time.monotonic(), time.time(), time.perf_counter_ns()
        time.sleep(100)
        after = time.monotonic(), time.time(), time.perf_counter_ns()
        assert 100 <= after[0] - before[0] < 101
        assert 100 <= after[1] - before[1] < 101
        assert 100e9 <= after[2] - before[2] < 101e9

    clean(Log, [sleep_and_look] * 2, schedules=20)


def test_polling_with_a_deadline_ends():
    def poll(log):
        deadline = time.monotonic() + 0.05
        while time.monotonic() < deadline:
            if log.ready:
                break

    clean(Log, [poll, poll], schedules=10)


def test_sleepers_wake_in_order():
    def sleeper(seconds):
        def work(log):
            time.sleep(seconds)
            log.entries.append(seconds)

        return work

    clean(Log, [sleeper(30), sleeper(10), sleeper(20)], lambda log: log.entries == [10, 20, 30])


def test_executor_results_and_callbacks():
    def work(log):
        with ThreadPoolExecutor(2) as pool:
            futures = [pool.submit(pow, base, 2) for base in range(3)]
            futures[0].add_done_callback(lambda future: log.entries.append("done"))
            assert sorted(future.result() for future in as_completed(futures)) == [0, 1, 4]
            assert not wait(futures).not_done
            assert list(pool.map(abs, [-1, -2])) == [1, 2]
        assert log.entries == ["done"]

    clean(Log, [work], schedules=20)


def test_executor_exceptions_stay_in_their_futures():
    def work(log):
        with ThreadPoolExecutor(2) as pool:
            future = pool.submit(int, "x")
            assert isinstance(future.exception(), ValueError)

    clean(Log, [work], schedules=10)


def test_threads_start_join_and_subclass():
    class Bumper(threading.Thread):
        def __init__(self, log):
            super().__init__(name="bumper")
            self.log = log

        def run(self):
            assert threading.current_thread() is self
            with self.log.lock:
                self.log.bump()

    def work(log):
        threads = [Bumper(log) for _ in range(3)]
        for thread in threads:
            thread.start()
        assert all(thread.ident for thread in threads)
        for thread in threads:
            thread.join()
        assert not any(thread.is_alive() for thread in threads)
        assert log.value == 3

    clean(Log, [work])


def test_timer_fires_and_can_be_cancelled():
    def work(log):
        fires = threading.Timer(10, log.entries.append, args=("fired",))
        cancelled = threading.Timer(5, log.entries.append, args=("never",))
        fires.start()
        cancelled.start()
        cancelled.cancel()
        fires.join()
        cancelled.join()
        assert log.entries == ["fired"]

    clean(Log, [work], schedules=20)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_dies_is_reported():
    def work(log):
        thread = threading.Thread(target=lambda: log.missing, name="victim")
        thread.start()
        thread.join()

    (hazard,) = explore(Log, [work], schedules=5).hazards
    assert hazard.kind == "thread-exception"
    assert "AttributeError" in hazard.message


def test_self_deadlock_names_the_lock():
    def lock_twice(log):
        with log.lock, log.lock:
            pass

    (hazard,) = explore(Log, [lock_twice], schedules=5).hazards
    assert hazard.kind == "deadlock"
    (state,) = [state for state in hazard.states if state.thread == 1]
    assert state.waits_for == "lock Log.lock held by thread 1"


@pytest.mark.parametrize(
    ("wait_for", "told"),
    [
        (lambda log: log.event.wait(), "waits for event Log.event to be set"),
        (lambda log: log.queue.get(), "waits for an item in queue Log.queue"),
        (lambda log: [log.queue.put(1) for _ in range(9)], "waits for room in queue Log.queue"),
        (lambda log: (log.queue.put(1), log.queue.join()), "tasks of queue Log.queue to be done"),
        (lambda log: [log.semaphore.acquire() for _ in range(2)], "release of semaphore Log.sem"),
        (lambda log: log.simple.get(), "waits for an item in queue Log.simple"),
        (lambda log: log.barrier.wait(), "the others at barrier Log.barrier"),
    ],
)
def test_waiting_for_ever_says_for_what(wait_for, told):
    (hazard,) = explore(Log, [wait_for], schedules=2).hazards
    assert hazard.kind == "deadlock"
    assert told in hazard.message


def test_daemon_threads_left_waiting_do_no_harm():
    def work(log):
        threading.Thread(target=log.queue.get, daemon=True).start()

    clean(Log, [work], schedules=20)


def test_thread_locals_are_per_thread():
    local = threading.local()

    def work(log):
        assert not hasattr(local, "value")
        local.value = threading.get_ident()
        with log.lock:
            log.value += 1
        assert local.value == threading.get_ident()
        del local.value

    clean(Log, [work, work])


def test_real_functions_are_back_afterwards():
    sleep, start, clock = time.sleep, threading.Thread.start, time.monotonic
    explore(Log, [with_lock], schedules=3)
    assert (time.sleep, threading.Thread.start, time.monotonic) == (sleep, start, clock)
    thread = threading.Thread(target=time.sleep, args=(0.01,))
    thread.start()
    thread.join(5)
    assert not thread.is_alive()


def test_objects_that_answer_for_others_are_left_alone():
    class Proxy:
        """Like werkzeug's LocalProxy: any question runs its code."""

        asked: list[str] = []  # noqa: RUF012

        def __getattribute__(self, name):
            Proxy.asked.append(name)
            return object.__getattribute__(self, name)

        def acquire(self):
            return True

        def __enter__(self):
            return self

        def __exit__(self, *args):
            return None

    def work(log):
        proxy = Proxy()
        Proxy.asked.clear()
        with proxy:
            pass
        proxy.acquire()
        assert Proxy.asked == ["acquire"]

    clean(Log, [work], schedules=2)
