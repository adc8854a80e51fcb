"""Happens-before: against its definition on random traces, and in executions of small programs."""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from loading import load_module
from recomputed import Recomputed, assert_as_defined

from pytest_concurrency.detect.observation import Execution
from pytest_concurrency.instrument.scope import Scope
from pytest_concurrency.instrument.swap import Instrumentation
from pytest_concurrency.runtime.trace import operations as done
from pytest_concurrency.runtime.trace.event import (
    Event,
    access,
    operation,
    site_number,
    thread_of,
)
from pytest_concurrency.runtime.trace.happens_before import HappensBefore
from pytest_concurrency.runtime.trace.sites import SITES
from pytest_concurrency.runtime.trace.synchronisation import is_inner
from pytest_concurrency.search.execution.choices import Choices
from pytest_concurrency.search.execution.engine import execute, exploring
from pytest_concurrency.search.execution.learning import Learning
from pytest_concurrency.search.strategies.random_walk import RandomWalk

_EXECUTIONS = 15


events = st.builds(
    access,
    st.integers(0, 3),
    st.just(0),
    st.integers(1, 2),
    st.just(""),
    st.sampled_from([done.READ, done.WRITE, done.RELEASED, done.ACQUIRED, done.PUT, done.GOT]),
)


@given(st.lists(events, max_size=25))
def test_as_defined_on_random_traces(trace: list[Event]) -> None:
    assert_as_defined(trace)


# -- in executions -------------------------------------------------------------------------

_HEAD = """
    import threading, queue
    from concurrent.futures import ThreadPoolExecutor, Future

    class Box:
        value = 0

    def together(*functions):
        threads = [threading.Thread(target=each) for each in functions]
        for each in threads: each.start()
        for each in threads: each.join()
"""
_ORDERED = {
    "lock": """
        box, lock = Box(), threading.Lock()
        def work():
            with lock:
                box.value += 1
        together(work, work)
    """,
    "rlock": """
        box, lock = Box(), threading.RLock()
        def work():
            with lock:
                with lock:
                    box.value += 1
                box.value += 1
        together(work, work)
    """,
    "start and join": """
        box = Box()
        def work():
            box.value += 1
        box.value = 1
        together(work)
        assert box.value == 2
    """,
    "condition": """
        box, ready = Box(), threading.Condition()
        given = []
        def give():
            box.value = 1
            with ready:
                given.append(True)
                ready.notify()
        def take():
            with ready:
                while not given:
                    ready.wait()
            box.value += 1
        together(give, take)
    """,
    "event": """
        box, ready = Box(), threading.Event()
        def give():
            box.value = 1
            ready.set()
        def take():
            ready.wait()
            box.value += 1
        together(give, take)
    """,
    "queue": """
        box, given = Box(), queue.Queue()
        def give():
            box.value = 1
            given.put(True)
        def take():
            given.get()
            box.value += 1
        together(give, take)
    """,
    "simple queue": """
        box, given = Box(), queue.SimpleQueue()
        def give():
            box.value = 1
            given.put(True)
        def take():
            given.get()
            box.value += 1
        together(give, take)
    """,
    "semaphore": """
        box, given = Box(), threading.Semaphore(0)
        def give():
            box.value = 1
            given.release()
        def take():
            given.acquire()
            box.value += 1
        together(give, take)
    """,
    "barrier": """
        box, barrier = Box(), threading.Barrier(2)
        def give():
            box.value = 1
            barrier.wait()
        def take():
            barrier.wait()
            box.value += 1
        together(give, take)
    """,
    "executor": """
        box = Box()
        def work():
            box.value += 1
        with ThreadPoolExecutor(2) as pool:
            box.value = 1
            pool.submit(work).result()
            box.value += 1
            pool.submit(work)
        assert box.value == 4
    """,
    "future": """
        box, given = Box(), Future()
        def give():
            box.value = 1
            given.set_result(None)
        def take():
            given.result()
            box.value += 1
        together(give, take)
    """,
    "seen to have ended": """
        box = Box()
        def work():
            box.value = 1
        worker = threading.Thread(target=work)
        worker.start()
        while worker.is_alive():
            pass
        box.value += 1
    """,
}
_UNORDERED = {
    "nothing": """
        box = Box()
        def work():
            box.value += 1
        together(work, work)
    """,
    "two locks": """
        box, one, other = Box(), threading.Lock(), threading.Lock()
        def work(lock):
            with lock:
                box.value += 1
        together(lambda: work(one), lambda: work(other))
    """,
    "a look at a flag": """
        box = Box()
        def work():
            box.value = 1
        worker = threading.Thread(target=work)
        worker.start()
        box.value += 1
        worker.join()
    """,
    "before the barrier": """
        box, barrier = Box(), threading.Barrier(2)
        def work():
            box.value += 1
            barrier.wait()
        together(work, work)
    """,
}


def executions(folder: Path, body: str) -> Iterator[Execution]:
    source = (
        textwrap.dedent(_HEAD) + "\ndef main():\n" + textwrap.indent(textwrap.dedent(body), "    ")
    )
    path = folder / "met.py"
    path.write_text(source)
    module = load_module("met", path)
    instrumentation = Instrumentation(Scope([folder]))
    instrumentation.prepare()
    strategy = RandomWalk(Choices(1), Learning())
    with exploring(instrumentation, 60):
        for _ in range(_EXECUTIONS):
            strategy.prepare()
            execution = execute(strategy, module.main)
            assert execution.outcome == ""
            yield execution


def unordered_pairs(trace: list[Event]) -> list[tuple[int, int]]:
    """Return the pairs of accesses to the box by two threads that nothing orders."""
    order = HappensBefore(trace)
    found = [
        i
        for i, e in enumerate(trace)
        if site_number(e) >= 0 and SITES[site_number(e)].name == "value"
    ]
    pairs = [
        p
        for p in itertools.combinations(found, 2)
        if thread_of(trace[p[0]]) != thread_of(trace[p[1]])
    ]
    assert pairs
    return [pair for pair in pairs if order.are_unordered(*pair)]


@pytest.mark.parametrize("body", _ORDERED.values(), ids=_ORDERED)
def test_what_synchronises_orders(tmp_path: Path, body: str) -> None:
    for execution in executions(tmp_path, body):
        assert not unordered_pairs(execution.trace)


@pytest.mark.parametrize("body", _UNORDERED.values(), ids=_UNORDERED)
def test_what_does_not_synchronise_orders_nothing(tmp_path: Path, body: str) -> None:
    assert all(unordered_pairs(execution.trace) for execution in executions(tmp_path, body))


@pytest.mark.parametrize(
    "body", [*_ORDERED.values(), *_UNORDERED.values()], ids=[*_ORDERED, *_UNORDERED]
)
def test_the_trace_tells_who_can_go_on_and_who_holds_what(tmp_path: Path, body: str) -> None:
    for execution in executions(tmp_path, body):
        recomputed = Recomputed()
        recomputed.go_through(execution.trace)
        assert recomputed.runnable == {0}, "all others have ended"
    assert_as_defined(execution.trace)


@pytest.mark.parametrize(("name", "is_marked"), [("queue", True), ("lock", False)])
def test_what_the_library_does_is_marked(tmp_path: Path, name: str, is_marked: bool) -> None:
    for execution in executions(tmp_path, _ORDERED[name]):
        locks = [e for e in execution.trace if operation(e) in (done.ACQUIRED, done.RELEASED)]
        assert locks
        assert {is_inner(event) for event in locks} == {is_marked}
