"""The flagged corpus as tests, with default settings: what is left out of a plan loses nothing.

``CORPUS=full`` runs all programs, once by ``concurrency.run`` and once on threads that the test
starts; else it is every sixtieth.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Run

FLAGGED = sorted((Path(__file__).parents[1] / "corpus" / "flagged").glob("*.py"))
PROGRAMS = FLAGGED if os.environ.get("CORPUS") == "full" else FLAGGED[::60]
pytestmark = pytest.mark.timeout(60 + 30 * len(PROGRAMS))

TESTS = """
import threading
from functools import partial
import pytest
import copy_of_{name} as program

pytestmark = pytest.mark.threadsafe

def checked(state):
    check = getattr(program, "check", None)
    assert check is None or check(state) is not False

def test_{name}_at_once(concurrency):
    state = program.setup()
    concurrency.run([partial(worker, state) for worker in program.WORKERS])
    checked(state)

def test_{name}_in_threads():
    state = program.setup()
    threads = [threading.Thread(target=worker, args=(state,)) for worker in program.WORKERS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    checked(state)
"""
_NEED_MORE = {"peterson_turn_first", "token_ring_five"}
"""They need more schedules than a test has by default: by chance, they are found or not."""
_ONLY_ANSWERS = 'EXPECT = {"nonserializable-outcome"}\n'
"""What is wrong may be no more than what the workers return, which threads throw away."""
_ONLY_ANSWER_WITH_IT = {"user_set_and_read_back"}
"""So it is here, although it is told as something else."""


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_what_is_flagged_is_found_by_default(
    run: Callable[..., Run], pytester: pytest.Pytester
) -> None:
    for path in PROGRAMS:
        # Another test of this process may have imported the program, from its own folder.
        copy = pytester.path / f"copy_of_{path.name}"
        copy.write_text(path.read_text("utf-8"), "utf-8")
        test = pytester.path / f"test_{path.stem}.py"
        test.write_text(TESTS.format(name=path.stem), "utf-8")
    found = run("", "--concurrency-stress", "--tb=no")
    assert len(found.of) == 2 * len(PROGRAMS)
    unasked = {
        f"test_{path.stem}_in_threads"
        for path in PROGRAMS
        if path.stem in _ONLY_ANSWER_WITH_IT or _ONLY_ANSWERS in path.read_text("utf-8")
    }
    missed = {name for name, report in found.of.items() if not report.has_errors}
    excused = {f"test_{name}_{how}" for name in _NEED_MORE for how in ("at_once", "in_threads")}
    assert missed - excused - unasked == set()
