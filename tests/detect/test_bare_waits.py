"""Who was woken and went on without asking again: told where an execution fails by it."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from loading import load_module

from pytest_concurrency import explore

_HEAD = """
    import threading

    class Store:
        def __init__(self):
            self.ready, self.begun = threading.Condition(), threading.Event()
            self.items = []

    def put(store):
        with store.ready:
            store.items.append(1)
            store.ready.notify()

    def grab(store):
        with store.ready:
            store.items.clear()
"""

BARE = {
    "if": """
        def take(store):
            with store.ready:
                if not store.items:
                    store.ready.wait()  # here
                store.items.pop()
        WORKERS = [take, put, grab]
    """,
    "nothing asked": """
        def take(store):
            with store.ready:
                if len(store.items) == 0: store.ready.wait()  # here
                assert store.items
        WORKERS = [take, put, grab]
    """,
}

ASKED = {
    "in a loop, with another mistake": """
        def take(store):
            with store.ready:
                while not store.items:
                    store.ready.wait()
            store.items.pop()
        WORKERS = [take, put, grab]
    """,
    "by wait_for, with another mistake": """
        def take(store):
            with store.ready:
                store.ready.wait_for(lambda: store.items)
            store.items.pop()
        WORKERS = [take, put, grab]
    """,
    "in another critical section": """
        def take(store):
            with store.ready:
                if not store.items:
                    store.ready.wait()
            with store.ready:
                store.items.pop()
        WORKERS = [take, put, grab]
    """,
    "an event": """
        def give(store):
            store.items.append(1)
            store.begun.set()
        def take(store):
            store.begun.wait()
            store.items.pop()
        WORKERS = [take, give, grab]
    """,
}


def messages(folder: Path, body: str) -> tuple[list[str], list[int]]:
    path = folder / "store.py"
    path.write_text(textwrap.dedent(_HEAD) + textwrap.dedent(body))
    program = load_module("store", path)
    lines = path.read_text().splitlines()
    here = [number for number, each in enumerate(lines, 1) if each.endswith("# here")]
    found = explore(program.Store, program.WORKERS, schedules=300, stop_at_first=False)
    return [each.message for each in found.hazards if each.kind == "thread-exception"], here


@pytest.mark.parametrize("body", BARE.values(), ids=BARE)
def test_told_where_an_execution_fails_by_it(tmp_path: Path, body: str) -> None:
    told, (line,) = messages(tmp_path, body)
    assert any(f"thread 1 had waited at store.py:{line}, and did not ask" in each for each in told)


@pytest.mark.parametrize("body", ASKED.values(), ids=ASKED)
def test_nothing_is_said_of_who_has_asked(tmp_path: Path, body: str) -> None:
    told, _ = messages(tmp_path, body)
    assert told
    assert not [each for each in told if "did not ask" in each]
