"""Permits of a semaphore that are given back and were not taken: a warning, where it is sure."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from loading import load_module

from pytest_concurrency import explore

_HEAD = """
    import threading

    class Door:
        initial = 1
        def __init__(self):
            self.permit = threading.Semaphore(self.initial)
            self.done = []
"""

WRONG = {
    "a try in vain": """
        def visit(door):
            entered = door.permit.acquire(blocking=False)
            try:
                if entered: door.done.append(1)
            finally:
                door.permit.release()  # here
        WORKERS = [visit, visit]
    """,
    "a wait that ran out": """
        def visit(door):
            door.permit.acquire(timeout=0.1)
            try:
                door.done.append(1)
            finally:
                door.permit.release()  # here
        WORKERS = [visit, visit]
    """,
    "of two permits": """
        Door.initial = 2
        def visit(door):
            door.permit.acquire(False)
            door.done.append(1)
            door.permit.release()  # here
        WORKERS = [visit, visit, visit]
    """,
    "given back twice by one of them": """
        def leave(door):
            door.permit.release()  # here
        def one(door):
            door.permit.acquire()
            leave(door)
        def two(door):
            door.permit.acquire()
            leave(door)
            if len(door.done) > 0: leave(door)
            door.done.append(1)
        WORKERS = [two, two]
    """,
    "given back twice by each": """
        def visit(door):
            door.permit.acquire()
            try:
                if door.done: door.permit.release()
                door.done.append(1)
            finally:
                door.permit.release()  # here
        WORKERS = [visit, visit]
    """,
    "given back in a with": """
        def visit(door):
            with door.permit:  # here
                door.done.append(1)
                door.permit.release()
        WORKERS = [visit, visit]
    """,
}

RIGHT = {
    "asked": """
        def visit(door):
            if door.permit.acquire(blocking=False):
                door.done.append(1)
                door.permit.release()
        WORKERS = [visit, visit]
    """,
    "a wait that was asked": """
        def visit(door):
            while not door.permit.acquire(timeout=0.1): pass
            door.done.append(1)
            door.permit.release()
        WORKERS = [visit, visit]
    """,
    "waited for": """
        def visit(door):
            with door.permit: door.done.append(1)
        WORKERS = [visit, visit, visit]
    """,
    "with and without a with": """
        def visit(door):
            with door.permit: door.done.append(1)
            door.permit.acquire()
            door.permit.release()
        WORKERS = [visit, visit]
    """,
    "a signal": """
        Door.initial = 0
        def give(door):
            door.permit.release()
            door.permit.release()
        def take(door):
            door.permit.acquire()
            door.permit.acquire()
        WORKERS = [give, take]
    """,
    "a signal that may be there already": """
        def give(door): door.permit.release()
        def take(door): door.permit.acquire()
        WORKERS = [give, take]
    """,
    "passed on": """
        def take(door): door.permit.acquire()
        def give(door):
            while door.permit.acquire(False): door.permit.release()
            door.permit.release()
        WORKERS = [take, give]
    """,
    "slots of a buffer": """
        Door.initial = 2
        def put(door):
            for each in range(3):
                door.permit.acquire()
                door.done.append(each)
        def get(door):
            for each in range(2):
                while not door.done: pass
                door.done.pop()
                door.permit.release()
        WORKERS = [put, get]
    """,
    "a pool that grows": """
        def use(door):
            if not door.permit.acquire(False):
                door.permit.release()
                door.permit.acquire()
            door.done.append(1)
            door.permit.release()
        WORKERS = [use, use]
    """,
    "one for somebody else": """
        def leave(door):
            door.permit.acquire()
            door.permit.release()
            door.permit.release()
        def stay(door): door.permit.acquire()
        WORKERS = [leave, stay]
    """,
}


def explored(folder: Path, body: str):
    path = folder / "door.py"
    path.write_text(textwrap.dedent(_HEAD) + textwrap.dedent(body))
    program = load_module("door", path)
    lines = path.read_text().splitlines()
    here = [number for number, each in enumerate(lines, 1) if each.endswith("# here")]
    return explore(program.Door, program.WORKERS, schedules=200).hazards, here


@pytest.mark.parametrize("body", WRONG.values(), ids=WRONG)
def test_warned_of(tmp_path: Path, body: str) -> None:
    hazards, here = explored(tmp_path, body)
    (hazard,) = [each for each in hazards if each.kind == "over-release"]
    assert hazard.severity == "warning"
    assert hazard.location == "semaphore door.permit"
    assert [use.site.line for use in hazard.sites] == here
    assert "that it has " in hazard.message


@pytest.mark.parametrize("body", RIGHT.values(), ids=RIGHT)
def test_nothing_is_said_of(tmp_path: Path, body: str) -> None:
    hazards, _ = explored(tmp_path, body)
    assert not [each for each in hazards if each.kind == "over-release"]
