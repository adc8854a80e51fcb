"""An execution in a process of its own that does not come back."""

from __future__ import annotations

import signal
import time
from typing import Any

import pytest

from pytest_concurrency.model import Cell
from pytest_concurrency.stress.cells import apart
from pytest_concurrency.stress.cells.apart import DiedApart, run_apart
from pytest_concurrency.stress.children.child import ChildResult
from pytest_concurrency.stress.children.in_child import stack_signal
from pytest_concurrency.stress.cut_short import cell_of_death

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


IN_THE_PLUGIN = f'  File "{apart.__file__}", line 3 in run_apart'
IN_THE_PROGRAM = f'  File "{__file__}", line 3 in hangs'


@pytest.mark.parametrize(
    ("stacks", "is_hang"), [("", True), (IN_THE_PLUGIN, False), (IN_THE_PROGRAM, True)]
)
def test_a_cell_that_is_ended_while_the_plugin_works_does_not_hang(
    stacks: str, is_hang: bool
) -> None:
    found = cell_of_death(Cell("explored", 2), ChildResult("timeout", stacks=stacks), 1.0, "auto")
    assert found.outcome == ("hazard" if is_hang else "skipped")
    assert [hazard.kind for hazard in found.hazards] == ["timeout"] * is_hang
    assert found.reason == (
        "it hangs with 2 threads; its process was ended" if is_hang else "time was up"
    )


def test_a_crash_needs_no_line():
    assert not DiedApart(ChildResult("crashed", exit="killed by SIGSEGV")).is_unseen
