"""Verdicts on programs that meet in memory, files, databases, shared memory, queues and threads.

``programs/isolation.py``, ``isolation_kinds.py`` and ``isolation_styles.py`` hold them; the name of
each test begins with its verdict.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from .conftest import Run

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.skipif(sys.platform != "linux", reason="who waits for whom is read in /proc"),
]
PROGRAMS = Path(__file__).parent / "programs" / "isolation.py"
KINDS = PROGRAMS.with_name("isolation_kinds.py")
STYLES = PROGRAMS.with_name("isolation_styles.py")
FAST = ("--concurrency-threads=2", "--concurrency-schedules=30", "--concurrency-runs=12")


IS_FULL = os.environ.get("CORPUS") == "full"
SEEDS = range(1, 6 if IS_FULL else 2)


@pytest.mark.parametrize("seed", SEEDS)
def test_verdicts(pytester: pytest.Pytester, seed: int) -> None:
    found = judged(pytester, f"--concurrency-seed={seed}", *FAST)
    wrong = {name: said for name, said in found.items() if said.verdict != expected(name)}
    assert len(found) > 70
    assert wrong == {}


@pytest.mark.parametrize("seed", SEEDS)
def test_verdicts_on_more_kinds(pytester: pytest.Pytester, seed: int) -> None:
    chosen = "" if IS_FULL else "rotating or private_map"
    found = judged(pytester, f"--concurrency-seed={seed}", *FAST, programs=KINDS, chosen=chosen)
    wrong = {name: said for name, said in found.items() if said.verdict != expected(name)}
    assert len(found) >= (34 if IS_FULL else 3)
    assert wrong == {}


@pytest.mark.parametrize("seed", SEEDS)
def test_verdicts_on_other_styles(pytester: pytest.Pytester, seed: int) -> None:
    chosen = "" if IS_FULL else "pid_file or link_as_a_lock"
    found = judged(pytester, f"--concurrency-seed={seed}", *FAST, programs=STYLES, chosen=chosen)
    wrong = {name: said for name, said in found.items() if said.verdict != expected(name)}
    assert len(found) >= (35 if IS_FULL else 3)
    assert wrong == {}


MEETINGS = """
import logging, os, pytest

pytestmark = pytest.mark.threadsafe

def test_unseen(concurrency, tmp_path):
    concurrency.run(lambda: logging.FileHandler(tmp_path / "log").close())

def append(path):
    os.close(os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY))

def test_seen(concurrency, tmp_path):
    concurrency.run(lambda: append(tmp_path / "log"))

def test_nobody_meets(concurrency, tmp_path):
    logging.FileHandler(tmp_path / "log").close()
    concurrency.run(lambda: os.listdir(tmp_path))
"""


def test_where_threads_meet_in_unseen_code_no_schedules_are_all(run: Callable[..., Run]) -> None:
    found = run(MEETINGS, "--concurrency-stress", *FAST, "--concurrency-processes=none")
    is_all = {
        name: [cell.has_everything for cell in report.cells if cell.cell.kind == "explored"]
        for name, report in found.of.items()
    }
    assert is_all == {"test_unseen": [False], "test_seen": [True], "test_nobody_meets": [True]}


def test_threads_of_fixtures_have_time_to_answer(pytester: pytest.Pytester) -> None:
    found = judged(
        pytester,
        "--concurrency-runs=2",
        "--concurrency-threads=2",
        chosen="the_thread_of_a_fixture",
    )
    assert len(found) == 3
    assert [name for name, said in found.items() if said.kinds] == []
    asked = found["test_inconclusive__ask_the_thread_of_a_fixture"]
    assert (
        "its workers may need actor, which the test has started before and which goes on in the "
        "main process only"
    ) in asked.reason
    assert asked.schedules[1] >= 20


class Judged(NamedTuple):
    """What the JSON report says of a program."""

    verdict: str
    reason: str
    kinds: tuple[str, ...]
    schedules: tuple[int, ...]
    """Of each cell."""


def judged(
    pytester: pytest.Pytester,
    *args: str,
    programs: Path = PROGRAMS,
    chosen: str = "",
    tries: int = 10,
) -> dict[str, Judged]:
    """Return what is said of the programs, by name, each time by a process of its own. Most of them
    race: one whose ordinary or plain runs have failed by chance, and which was not stressed for
    that, is run again.
    """
    pytester.makepyfile(test_it=programs.read_text(encoding="utf-8"))
    found: dict[str, Judged] = {}
    for _ in range(tries):
        pytester.runpytest_subprocess(
            "--concurrency-stress", "--concurrency-json=report.json", "-k", chosen, *args
        )
        document = json.loads((pytester.path / "report.json").read_text(encoding="utf-8"))
        for test in document["tests"]:
            found[test["nodeid"].rpartition("::")[2]] = Judged(
                test["isolation"]["verdict"],
                test["isolation"]["reason"],
                tuple(each["kind"] for each in test["hazards"]),
                tuple(each["schedules"] for each in test["cells"]),
            )
        unlucky = [name for name, said in found.items() if said.reason == "it was not stressed"]
        chosen = " or ".join(unlucky)
        if not chosen:
            break
    return found


def expected(name: str) -> str:
    return name.removeprefix("test_").partition("__")[0].replace("_", "-")


LEFT = """
import multiprocessing, os, pytest
from multiprocessing import shared_memory

pytestmark = pytest.mark.threadsafe

def in_worker():
    return multiprocessing.parent_process() is not None

def leave_segment():
    if in_worker():
        shared_memory.SharedMemory(create=True, size=77).close()

def test_segments(concurrency):
    concurrency.run(leave_segment)

def leave_segment_and_die():
    if in_worker():
        shared_memory.SharedMemory(create=True, size=77).close()
        os._exit(3)

def test_segments_of_the_dead(concurrency):
    concurrency.run(leave_segment_and_die)

def leave_daemon():
    if in_worker() and os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.execvp("sleep", ["sleep", "4321.25"])
        os._exit(0)

def test_daemons(concurrency):
    concurrency.run(leave_daemon)
"""


def test_nothing_is_left_behind(
    pytester: pytest.Pytester, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    segments = set(os.listdir("/dev/shm"))
    pytester.makepyfile(LEFT)
    result = pytester.runpytest_subprocess("--concurrency-stress", *FAST, "-v")
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(
        ["3 tests stressed: 2 clean (1 every interleaving), 1 broken by processes, *"]
    )
    assert still_there(set(os.listdir("/dev/shm")) - segments) == set()
    assert not daemons()
    assert [path.name for path in temporary.iterdir() if "pytest-of" not in path.name] == []


def still_there(names: set[str]) -> set[str]:
    """Those that do not go away: what other processes of the machine make in between does."""
    until = time.monotonic() + 20
    while names and time.monotonic() < until:
        time.sleep(0.1)
        names &= set(os.listdir("/dev/shm"))
    return names


def daemons() -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            text = path.read_text(errors="replace")
        except OSError:
            continue
        if "4321.25" in text:
            found.append(text)
    return found


DEATHS = """
import multiprocessing, os, queue, signal, threading, pytest

pytestmark = pytest.mark.threadsafe

def in_worker():
    return multiprocessing.parent_process() is not None

def kill_parent():
    if in_worker():
        os.kill(os.getppid(), signal.SIGKILL)

def test_the_parent_is_killed(concurrency):
    concurrency.run(kill_parent)

def interrupt():
    if in_worker():
        raise KeyboardInterrupt

def test_interrupts(concurrency):
    concurrency.run(interrupt)

class Liar:
    def __reduce__(self):
        return int, ("not a number",)

def test_unreadable(concurrency):
    concurrency.run(Liar)

def test_not_sent_and_not_asked_for(concurrency):
    concurrency.run(threading.Lock)

def test_not_sent(concurrency):
    assert concurrency.run(threading.Lock)[0].acquire()

ASKED, ANSWERED = queue.Queue(), queue.Queue()

@pytest.fixture(scope="module")
def server():
    def serve():
        while (question := ASKED.get()) is not None:
            ANSWERED.put(question + 1)

    thread = threading.Thread(target=serve, name="answerer")
    thread.start()
    yield
    ASKED.put(None)
    thread.join()

def test_asks_a_server(server):
    ASKED.put(1)
    assert ANSWERED.get(timeout=10) == 2
"""


def test_words(run: Callable[..., Run]) -> None:
    found = run(DEATHS, "--concurrency-stress", *FAST, "-v", "-p", "no:randomly")
    verdicts = {name: report.isolation for name, report in found.of.items()}
    assert "internal error" not in found.result.stdout.str()

    died = verdicts["test_the_parent_is_killed"]
    assert died.verdict == "breaks"
    assert "the test's own process died even one after another: killed by SIGKILL" in died.reason
    assert "none one after another" not in died.reason

    interrupted = verdicts["test_interrupts"]
    assert interrupted.verdict == "breaks"
    assert "2 of 2 processes: KeyboardInterrupt" in interrupted.reason

    unreadable = verdicts["test_unreadable"]
    assert unreadable.verdict == "breaks"
    assert "its result cannot be read back: ValueError" in unreadable.reason

    assert verdicts["test_not_sent_and_not_asked_for"].verdict == "clean"
    assert verdicts["test_not_sent"].verdict == "inconclusive"
    assert "the result of process 1 cannot be sent back" in verdicts["test_not_sent"].reason

    told = found.of["test_asks_a_server"].reason
    assert "the thread answerer, which a fixture or an earlier test has started, does not" in told

    cells = {name: {r.cell.kind: r.outcome for r in found.of[name].cells} for name in verdicts}
    assert cells["test_interrupts"]["processes"] == "fails"


LIBRARY = """
import os, queue, threading

class Portal:
    def __init__(self):
        self.asked, self.answers = queue.Queue(), queue.Queue()
        self.reading, self.writing = os.pipe()
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()
    def serve(self):
        while (call := self.asked.get()) is not None:
            self.answers.put(call())
            os.write(self.writing, b"x")
    def call(self, function):
        self.asked.put(function)
        os.read(self.reading, 1)
        return self.answers.get()
    def close(self):
        self.asked.put(None)
        self.thread.join()

def in_thread(function):
    thread = threading.Thread(target=function)
    thread.start()
    return thread
"""
THREADS_OF_A_LIBRARY = """
import sys, threading, pytest
sys.path.insert(0, {folder!r})
pytestmark = pytest.mark.threadsafe

def made(name):
    return getattr(__import__("portals"), name)

def test_its_own():
    portal = made("Portal")()
    try:
        assert portal.call(lambda: 3) == 3
    finally:
        portal.close()

def test_for_a_function_of_the_test(tmp_path):
    thread = made("in_thread")((tmp_path / "made").touch)
    own = made("in_thread")(lambda: (tmp_path / "own").touch())
    thread.join()
    own.join()
    assert len(list(tmp_path.iterdir())) == 2
"""


def test_threads_of_a_library(run: Callable[..., Run], tmp_path: Path) -> None:
    folder = tmp_path / "site-packages"
    folder.mkdir()
    (folder / "portals.py").write_text(LIBRARY, encoding="utf-8")
    found = run(
        THREADS_OF_A_LIBRARY.format(folder=str(folder)),
        "--concurrency-stress",
        "--concurrency-source=-portals",
        *FAST,
    )
    verdicts = {name: report.isolation for name, report in found.of.items()}
    own = verdicts["test_its_own"]
    assert own.verdict == "inconclusive"
    assert "a thread of portals that the test uses has no counterpart" in own.reason
    assert verdicts["test_for_a_function_of_the_test"].verdict == "clean"
