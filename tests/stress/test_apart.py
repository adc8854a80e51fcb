"""An execution in a process of its own that does not come back."""

from __future__ import annotations

import signal
import time
from typing import Any

import pytest

from pytest_concurrency.stress.cells.apart import DiedApart, run_apart
from pytest_concurrency.stress.children.child import ChildResult
from pytest_concurrency.stress.children.in_child import stack_signal

AT_ONCE = -0.5
"""Seconds, to which one is added."""


def hangs() -> Any:
    while True:
        time.sleep(1)


def says_nothing() -> Any:
    assert stack_signal is not None
    signal.pthread_sigmask(signal.SIG_BLOCK, [stack_signal])
    hangs()


def test_who_hangs_in_the_program_is_told_to():
    with pytest.raises(DiedApart) as caught:
        run_apart(hangs, AT_ONCE)
    assert not caught.value.is_unseen
    hazard = caught.value.hazard(3, 2)
    assert (hazard.kind, hazard.schedule_index) == ("timeout", 3)
    assert "in hangs" in hazard.detail


def test_of_whom_nothing_is_seen_nothing_is_claimed():
    with pytest.raises(DiedApart) as caught:
        run_apart(says_nothing, AT_ONCE)
    assert caught.value.is_unseen


def test_a_crash_needs_no_line():
    assert not DiedApart(ChildResult("crashed", exit="killed by SIGSEGV")).is_unseen
