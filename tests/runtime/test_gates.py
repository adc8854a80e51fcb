"""Gates: the same of both kinds, whichever this interpreter uses."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable

import pytest

from pytest_concurrency._compat import gil_enabled
from pytest_concurrency.runtime.system.gate import (
    HAS_SEMAPHORES,
    Gate,
    SemaphoreGate,
    closed_lock,
    new_gate,
)

needs_semaphores = pytest.mark.skipif(not HAS_SEMAPHORES, reason="no semaphores without a name")
MAKERS = [
    pytest.param(closed_lock, id="lock"),
    pytest.param(SemaphoreGate, id="semaphore", marks=needs_semaphores),
]
Maker = Callable[[], Gate]


@pytest.fixture(params=MAKERS)
def make(request: pytest.FixtureRequest) -> Maker:
    maker: Maker = request.param
    return maker


def test_is_closed_until_it_is_opened_and_closes_again(make: Maker) -> None:
    gate = make()
    assert not gate.acquire(False)
    gate.release()
    assert gate.acquire()
    assert not gate.acquire(False)


def test_may_be_waited_at_for_a_time(make: Maker) -> None:
    gate = make()
    assert not gate.acquire(True, 0.001)
    assert not gate.acquire(True, 0.0)
    gate.release()
    assert gate.acquire(True, 60.0)


def test_lets_two_threads_take_turns(make: Maker) -> None:
    here, there = make(), make()
    turns = []

    def other() -> None:
        for turn in range(1000):
            there.acquire()
            turns.append(-turn)
            here.release()

    thread = threading.Thread(target=other)
    thread.start()
    for turn in range(1000):
        turns.append(turn)
        there.release()
        here.acquire()
    thread.join()
    assert turns == [each for turn in range(1000) for each in (turn, -turn)]


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="no signals to threads")
def test_a_signal_runs_its_handler_and_opens_nothing(
    make: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, calls = make(), []
    main = threading.get_ident()

    def handle(*_: object) -> None:
        calls.append(len(calls))
        if len(calls) == 2:
            gate.release()
        else:
            threading.Thread(target=signal.pthread_kill, args=(main, signal.SIGUSR1)).start()

    before = signal.signal(signal.SIGUSR1, handle)
    try:
        threading.Thread(target=signal.pthread_kill, args=(main, signal.SIGUSR1)).start()
        assert gate.acquire()
        assert calls == [0, 1]
    finally:
        signal.signal(signal.SIGUSR1, before)


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_forked_process_has_its_own(make: Maker) -> None:
    gate = make()
    child = os.fork()
    if not child:
        gate.release()
        os._exit(0 if gate.acquire(False) else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert not gate.acquire(False)


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="no list of descriptors")
def test_has_no_descriptor(make: Maker) -> None:
    before = sorted(os.listdir("/proc/self/fd"))
    gates = [make() for _ in range(10)]
    assert sorted(os.listdir("/proc/self/fd")) == before
    del gates


def test_spinning_locks_are_no_gates() -> None:
    expected = closed_lock if gil_enabled() or not HAS_SEMAPHORES else SemaphoreGate
    assert new_gate is expected
