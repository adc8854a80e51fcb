"""What a program watches itself by sees nothing of the plugin."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest
from watching import load

from pytest_concurrency import explore

PROGRAM = """
import sys, threading

class Box:
    def __init__(self):
        self.items, self.value, self.lock = {}, 0, threading.Lock()

def inner(box, number):
    box.items[number] = box.items.get(number, 0) + 1
    box.value += 1
    for each in list(box.items):
        box.items[each] += 1
    return box.value

def outer(box):
    with box.lock:
        return inner(box, 1) + len(box.items)

def is_by_the_way(code):  # objects of other tests may die meanwhile
    return code.co_filename.endswith("weakrefset.py") or code.co_filename.endswith("weakref.py")

class Seen:
    def __init__(self):
        self.told = []
    def note(self, frame, event, arg):
        name = frame.f_code.co_name
        if event == "call" and not is_by_the_way(frame.f_code):
            self.told.append(name)
        return self.note if name == "inner" and event == "call" else None

def work(box, put, get):
    seen = Seen()
    put(seen.note)
    try:
        outer(box)
        assert get() == seen.note
    finally:
        put(None)
    box.told = seen.told

def monitored(box):
    watch, names, me = sys.monitoring, [], threading.get_ident()
    def note(code, at):
        # Other threads of the process may just be ending.
        if threading.get_ident() == me and not is_by_the_way(code):
            names.append(code.co_name)
    watch.use_tool_id(4, "own")
    try:
        watch.register_callback(4, watch.events.PY_START, note)
        watch.set_events(4, watch.events.PY_START)
        outer(box)
        watch.set_events(4, 0)
        assert watch.register_callback(4, watch.events.PY_START, None) is note
    finally:
        watch.free_tool_id(4)
    box.told = names
"""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    return load(tmp_path_factory.mktemp("tracing"), PROGRAM)


def told(program: ModuleType, work: Callable[[Any], None]) -> list[list[str]]:
    """What is seen in each execution of one thread beside a thread that does the same as ever."""
    found: list[list[str]] = []

    def check(box: Any) -> bool:
        found.append(box.told)
        return True

    hazards = explore(program.Box, [work, program.outer], check=check, schedules=30).hazards
    assert not hazards, hazards[0].message
    return found


@pytest.fixture
def _no_callbacks_of_the_collector() -> Iterator[None]:
    """What calls them, and when, is chance: they are traced, too."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("_no_callbacks_of_the_collector")
@pytest.mark.parametrize("kind", ["trace", "profile"])
def test_functions_of_the_program_are_called_for_its_frames_only(
    program: ModuleType, kind: str
) -> None:
    box = program.Box()
    put, get = f"set{kind}", f"get{kind}"
    before = getattr(sys, get)()
    try:
        program.work(box, getattr(sys, put), getattr(sys, get))
    finally:
        getattr(sys, put)(before)
    plain = [each for each in box.told if each not in (put, get)]
    for found in told(program, lambda box: program.work(box, getattr(sys, put), getattr(sys, get))):
        assert [each for each in found if each not in (put, get)] == plain


@pytest.mark.skipif(sys.version_info < (3, 12), reason="sys.monitoring is new in 3.12")
def test_callbacks_are_told_of_the_code_of_the_program_only(program: ModuleType) -> None:
    for found in told(program, program.monitored):
        assert set(found) <= {"outer", "inner", "__enter__", "__exit__"}
        assert {"outer", "inner"} <= set(found)
