"""Asserts that pytest has taken apart: what is called in them is seen as it is anywhere else."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .conftest import EXPLORED_ONLY, Run

PROGRAM = """
import copy, heapq, operator, os, random, threading
from os import path
import pytest
pytestmark = pytest.mark.threadsafe

class Box:
    def __init__(self):
        self.n = 0

def take(heap):
    smallest = heap[0]
    assert heapq.heappop(heap) == smallest

def read(number):
    os.lseek(number, 4, os.SEEK_SET)
    assert os.read(number, 2) == b"45"

def look(folder):
    os.makedirs(folder, exist_ok=True)
    assert path.exists(folder)
    os.rmdir(folder)

def drop(file):
    if path.exists(file):
        assert os.remove(file) is None

def draw():
    random.seed(5)
    assert random.randrange(1000) == 637

def count(box):
    seen = box.n
    box.n = seen + 1
    assert operator.attrgetter("n")(box) == seen + 1

def grow(table):
    size = len(table)
    table[object()] = 1
    assert len(copy.copy(table)) == size + 1

@pytest.fixture
def number(tmp_path):
    file = tmp_path / "digits"
    file.write_bytes(b"0123456789")
    number = os.open(file, os.O_RDONLY)
    yield number
    os.close(number)

LOCK = threading.Lock()

def locked(job, *args):
    with LOCK:
        job(*args)
"""
JOBS = {
    "take": "[1, 2]",
    "read": "number",
    "look": 'str(tmp_path / "folder")',
    "drop": 'str(tmp_path / "digits")',
    "draw": "",
    "count": "Box()",
    "grow": "{}",
}
TESTS = [
    f"""
def test_{job}(concurrency, number, tmp_path):
    given = [{given}]
    concurrency.run(lambda: {job}(*given), lambda: {job}(*given))

def test_{job}_locked(concurrency, number, tmp_path):
    given = [{given}]
    concurrency.run(lambda: locked({job}, *given), lambda: locked({job}, *given))
"""
    for job, given in JOBS.items()
]


def test_functions_called_in_asserts_are_points(run: Callable[..., Run]) -> None:
    done = run(PROGRAM + "".join(TESTS), *EXPLORED_ONLY)
    found = {name: bool(report.hazards) for name, report in done.of.items()}
    expected = {f"test_{job}": True for job in JOBS}
    assert found == expected | {f"test_{job}_locked": False for job in JOBS}


KEPT = """
import threading
import pytest

class Watched:
    pass

def same(one, other):
    return one is other

@pytest.mark.threadsafe
def test_nothing_is_called_twice(concurrency):
    calls = []
    def note(one, *, other=0):
        calls.append((one, other))
        return True
    def job():
        given = {"one": 2, "other": 3}
        assert note(1) and note(1, other=2) and note(*[1]) and note(**given)
    concurrency.run(job, threads=1)
    assert calls == [(1, 0), (1, 2), (1, 0), (2, 3)]
"""


@pytest.mark.parametrize("way", ["note", "self.note", "[note][0]"])
def test_what_is_called_gets_what_it_is_given(run: Callable[..., Run], way: str) -> None:
    source = KEPT.replace("note(1", f"{way}(1").replace("note(*", f"{way}(*")
    made = "    self = Watched(); self.note = note\n"
    source = source.replace("    def job():", f"{made}    def job():")
    done = run(source, *EXPLORED_ONLY)
    assert not done.of["test_nothing_is_called_twice"].hazards, done.out
    assert done.ret == 0
