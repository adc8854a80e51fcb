"""Deadlocks are told with what led to them."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from loading import load_module

from pytest_concurrency import explore

_HEAD = """
    import threading

    class Box:
        def __init__(self):
            self.a, self.b = threading.Lock(), threading.Lock()
            self.ready, self.begun = threading.Condition(), threading.Event()
            self.turn = 0
"""

TOLD = {
    "a lock taken twice": (
        """
        def one(box):
            with box.a:  # 1
                with box.a: pass
        WORKERS = [one]
        """,
        "thread 1 took lock Box.a at box.py:{1} and waits for it again: only an RLock can be taken "
        "twice by its holder",
    ),
    "two locks": (
        """
        def one(box):
            with box.a:  # 1
                with box.b: pass
        def two(box):
            with box.b:  # 2
                with box.a: pass
        WORKERS = [one, two]
        """,
        "thread 1 waits for lock Box.b held by thread 2, which took it at box.py:{2}; "
        "thread 2 waits for lock Box.a held by thread 1, which took it at box.py:{1}",
    ),
    "a lock that is never released": (
        """
        def one(box):
            box.a.acquire()  # 1
        def two(box):
            with box.a: pass
        WORKERS = [one, two]
        """,
        "thread 2 waits for lock Box.a held by thread 1, which took it at box.py:{1} and has ended",
    ),
    "the lock of a condition": (
        """
        def one(box):
            with box.ready:  # 1
                with box.a: pass
        def two(box):
            with box.a:  # 2
                with box.ready: box.ready.notify()
        WORKERS = [one, two]
        """,
        "thread 1 waits for lock Box.a held by thread 2, which took it at box.py:{2}; "
        "thread 2 waits for condition Box.ready held by thread 1, which took it at box.py:{1}",
    ),
    "a notify that came before the wait": (
        """
        def one(box):
            with box.ready:
                box.ready.notify()  # 1
        def two(box):
            with box.ready:
                box.ready.wait()
        WORKERS = [one, two]
        """,
        "thread 2 waits for a notify of condition Box.ready; the last one, by thread 1 at "
        "box.py:{1}, came before the wait",
    ),
    "a notify for somebody else": (
        """
        def wait(box):
            with box.ready:
                box.turn += 1
                box.ready.wait()
        def two(box):
            while box.turn < 2: pass
            with box.ready:
                box.ready.notify()  # 1
        WORKERS = [wait, wait, two]
        """,
        "waits for a notify of condition Box.ready; the last one, by thread 3 at box.py:{1}, "
        "woke another one",
    ),
    "no notify at all": (
        """
        def one(box):
            with box.ready:
                box.ready.wait()
        WORKERS = [one]
        """,
        "thread 1 waits for a notify of condition Box.ready, which nobody has notified",
    ),
    "an event that is cleared": (
        """
        def one(box):
            box.begun.set()  # 1
            box.begun.clear()  # 2
        def two(box):
            box.begun.wait()
        WORKERS = [one, two]
        """,
        "thread 2 waits for event Box.begun to be set; it was set last by thread 1 at box.py:{1}, "
        "and cleared by thread 1 at box.py:{2}",
    ),
    "an event that is never set": (
        """
        def one(box): box.begun.wait()
        WORKERS = [one]
        """,
        "thread 1 waits for event Box.begun to be set, which nobody has set",
    ),
}


@pytest.mark.parametrize(("body", "message"), TOLD.values(), ids=TOLD)
def test_what_led_to_it_is_told(tmp_path: Path, body: str, message: str) -> None:
    path = tmp_path / "box.py"
    path.write_text(textwrap.dedent(_HEAD) + textwrap.dedent(body))
    lines = path.read_text().splitlines()
    numbered = [*enumerate(lines, 1)]
    marked = [str(n) for mark in "12" for n, each in numbered if each.endswith(f"# {mark}")]
    program = load_module("box", path)
    hazard = explore(program.Box, program.WORKERS, schedules=300).hazards[0]
    assert hazard.kind == "deadlock"
    assert message.format("", *marked) in hazard.message
    if "; the last one, by" in message or "; it was set last" in message:
        assert {*map(int, marked)} <= {use.site.line for use in hazard.sites}
