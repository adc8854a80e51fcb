"""Looking where threads stand does not hang."""

from __future__ import annotations

import gc
import pickle
import subprocess
import sys
import textwrap
from typing import Any

import pytest

from pytest_concurrency.runtime.system.frames import (
    Stacks,
    current_frames,
    stack_here,
)

# Frame objects are made anew for each look; with so low a threshold one of them starts a
# collection, and a ``threading.local`` that dies in it wants the lock that the look holds.
PROGRAM = """
    import gc, sys, threading
    from pytest_concurrency.runtime.system.frames import current_frames

    def deep(n):
        if n:
            return deep(n - 1)
        gc.set_threshold(1)
        for _ in range(300):
            cycle = [threading.local()]
            cycle.append(cycle)
            del cycle
            current_frames()

    deep(50)
    print("done")
"""


def test_a_collection_does_not_hang_it() -> None:
    command = [sys.executable, "-c", textwrap.dedent(PROGRAM)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert ended.stdout == "done\n", ended.stderr


@pytest.mark.parametrize("enabled", [True, False])
def test_the_collector_is_left_as_it_was(enabled: bool) -> None:
    was = gc.isenabled()
    (gc.enable if enabled else gc.disable)()
    try:
        current_frames()
        assert gc.isenabled() is enabled
    finally:
        (gc.enable if was else gc.disable)()


def test_stacks_are_sent_in_words() -> None:
    def inner() -> tuple[Any, ...]:
        return stack_here()

    stacks = Stacks([inner(), (), inner()], list)
    first = stacks[0]
    assert [frame.begin for frame in first[:2]] == [
        inner.__code__.co_firstlineno,
        test_stacks_are_sent_in_words.__code__.co_firstlineno,
    ]
    assert first[0].position is not None
    assert first[0].position[0] == inner.__code__.co_firstlineno + 1
    assert pickle.loads(pickle.dumps(stacks)) == [first, (), stacks[2]]
    assert list(stacks[1:]) == [(), stacks[2]]
