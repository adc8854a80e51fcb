"""What a timeline says of those who wait, and what it calls the things they wait for."""

from __future__ import annotations

import queue
import threading

from pytest_concurrency import explore


def told(hazard):
    return [(step.thread, step.op, step.location) for step in hazard.timeline]


class Account:
    def __init__(self):
        self.lock = threading.Lock()


def test_an_attempt_that_blocks_is_a_wait_and_a_lock_has_one_name():
    def move(source, target):
        with source.lock, target.lock:
            pass

    def setup():
        return Account(), Account()

    workers = [lambda two: move(*two), lambda two: move(*reversed(two))]
    (hazard,) = explore(setup, workers, schedules=100).hazards
    names = "Account.lock", "Account.lock (no. 2)"
    last = {thread: (op, name) for thread, op, name in told(hazard)}
    assert {op for op, _ in last.values()} == {"wait"}
    assert {name for _, name in last.values()} == {*names}
    assert {each for state in hazard.states for each in state.holds} == {f"lock {n}" for n in names}
    assert {use.op for use in hazard.sites} == {"wait"}


class Box:
    def __init__(self):
        self.lock = threading.Lock()
        self.door = threading.Condition()
        self.ready = threading.Event()
        self.value = 0


def test_who_waited_for_a_lock_acquires_it_later():
    def add(box):
        seen = box.value
        with box.lock:
            box.value = seen + 1

    found = explore(Box, [add, add, add], check=lambda box: box.value == 3, schedules=50)
    rows = told(found.hazards[0])
    assert ("acquire", "Box.lock") in {row[1:] for row in rows}
    for thread in (1, 2, 3):
        mine = [op for who, op, name in rows if who == thread and name == "Box.lock"]
        assert mine in (["acquire", "release"], ["wait", "acquire", "release"])


def test_a_missed_notify_is_told_with_the_look_before_it():
    def wait(box):
        if not box.value:
            with box.door:
                box.door.wait()

    def wake(box):
        box.value = 1
        with box.door:
            box.door.notify()

    (hazard,) = explore(Box, [wait, wake], schedules=100).hazards
    rows = told(hazard)
    assert rows[-1] == (1, "wait", "Box.door")
    assert rows.index((1, "read", "Box.value")) < rows.index((2, "write", "Box.value"))
    assert rows.index((2, "notify", "Box.door")) < rows.index((1, "acquire", "Box.door"))


def test_events_are_set_and_cleared():
    def signal(box):
        box.ready.set()
        box.ready.clear()

    def wait(box):
        box.ready.wait()

    (hazard,) = explore(Box, [signal, wait], schedules=100).hazards
    rows = told(hazard)
    assert [op for _, op, name in rows if name == "Box.ready"] == ["set", "clear", "wait"]


def test_threads_are_called_by_their_numbers_and_queues_by_what_is_asked():
    def produce(jobs):
        jobs.put(1)

    def work(jobs):
        thread = threading.Thread(target=produce, args=(jobs,))
        thread.start()
        try:
            jobs.get_nowait()
        finally:
            thread.join()

    (hazard,) = explore(queue.Queue, [work], schedules=100).hazards
    rows = told(hazard)
    assert (1, "start", "thread 2") in rows
    assert {"join", "wait"} & {op for _, op, name in rows if name.endswith("thread 2")}
    assert "get_nowait" in {step.method for step in hazard.timeline}
