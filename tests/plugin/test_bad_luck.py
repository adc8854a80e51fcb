"""Whatever a test does costs only itself: the session goes on, says what happened, and leaves
nothing behind.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from .conftest import needs_proc

pytestmark = [needs_proc, pytest.mark.timeout(120)]

HEAD = """
import ctypes, os, signal, subprocess, sys, threading, time
import pytest

pytestmark = pytest.mark.threadsafe
main = os.getpid()

def in_copy():
    return threading.current_thread() is not threading.main_thread()
"""
DYING = f"""{HEAD}
def test_exits():
    if in_copy(): os._exit(3)

def test_killed():
    if in_copy(): os.kill(os.getpid(), signal.SIGKILL)

def test_segfault():
    if in_copy(): ctypes.string_at(0)

def test_exits_always():
    os._exit(4)

def test_exits_in_a_process(process_index):
    if process_index == 1: os._exit(5)

def test_fine(): pass
"""
HANGING = f"""{HEAD}
def test_waits_in_c():
    if in_copy(): ctypes.CDLL(None).pause()

def test_endless_loop():
    if in_copy():
        while True: pass

hidden = {{}}
exec('''
import threading, time
left, right = threading.Lock(), threading.Lock()

def one():
    with left:
        time.sleep(0.05)
        with right: pass

def other():
    with right:
        time.sleep(0.05)
        with left: pass
''', hidden)

def test_deadlock_out_of_sight(concurrency):
    concurrency.run([hidden["one"], hidden["other"]])

def test_fine(): pass
"""
LEAVING = f"""{HEAD}
def test_leaves_a_thread():
    if in_copy(): threading.Thread(target=time.sleep, args=(1000,)).start()

def test_leaves_a_process():
    if os.getpid() != main:
        sleeping = [sys.executable, "-c", "import time; time.sleep(1000)"]
        subprocess.Popen(sleeping, start_new_session=True)

def test_leaves_a_fork():
    if os.getpid() != main and os.fork() == 0:
        time.sleep(1000)

def test_fine(): pass
"""
RUDE = f"""{HEAD}
def test_prints_megabytes():
    for _ in range(20): print("x" * 100_000)

def test_closes_files():
    if os.getpid() != main:
        for fd in (1, 2):
            try: os.close(fd)
            except OSError: pass

def test_changes_directory(tmp_path):
    if os.getpid() != main: os.chdir(tmp_path)

def test_patches_fork_and_sleep():
    if os.getpid() != main: os.fork = time.sleep = None

barrier = threading.Barrier(2)

def meet():
    try: return barrier.wait(0.5) >= 0
    except threading.BrokenBarrierError:
        barrier.reset()
        return False

class Odd:
    def __reduce__(self): raise TypeError("cannot be pickled")

class OddError(Exception):
    def __init__(self, one, two): super().__init__(one)

def test_unpicklable_result(concurrency, tmp_path_factory):
    def odd():
        with open(shared, "a") as file: file.write("x")
        return Odd()
    shared = tmp_path_factory.getbasetemp() / "shared"
    concurrency.run(odd)

def test_unpicklable_exception(process_index):
    if process_index == 1: raise OddError("odd", 2)

def test_raises_base_exception():
    if meet(): raise BaseException("base")

def test_exits_politely():
    if meet(): raise SystemExit(3)

def test_fine(): pass
"""


@pytest.fixture
def session(pytester: pytest.Pytester, marked: Callable[[], list[str]]) -> Callable[..., Any]:
    def session(source: str, seconds: int, *args: str) -> tuple[pytest.RunResult, dict[str, Any]]:
        pytester.makepyfile(test_it=source)
        result = pytester.runpytest_subprocess(
            "--concurrency-stress",
            "--concurrency-threads=2",
            "--concurrency-schedules=5",
            "--concurrency-runs=2",
            f"--concurrency-time={seconds}",
            "--concurrency-json=report.json",
            "-v",
            *args,
        )
        assert marked() == []
        document = json.loads((pytester.path / "report.json").read_text())
        tests = {each["nodeid"].rpartition("::")[2]: each for each in document["tests"]}
        assert tests["test_fine"]["outcome"] == "passed"
        assert {cell["outcome"] for cell in tests["test_fine"]["cells"]} == {"clean"}
        return result, tests

    return session


def hazards(test: dict[str, Any]) -> set[str]:
    return {hazard["kind"] for hazard in test["hazards"]}


def processes(test: dict[str, Any]) -> dict[str, Any]:
    """The process cell."""
    (cell,) = (each for each in test["cells"] if each["kind"] == "processes")
    found: dict[str, Any] = cell
    return found


def test_dying(session: Callable[..., Any]) -> None:
    result, tests = session(DYING, 20)
    result.assert_outcomes(failed=4, passed=2)
    line = DYING.strip().splitlines().index("    if in_copy(): ctypes.string_at(0)") + 1
    told = {name: test["hazards"][0]["message"] for name, test in tests.items() if test["hazards"]}
    assert told == {
        "test_exits": "its process died with 2 threads: exited with status 3 (os._exit)",
        "test_killed": "its process died with 2 threads: killed by SIGKILL",
        "test_segfault": f"its process died with 2 threads at test_it.py:{line}: killed by SIGSEGV",
    }
    reason = processes(tests["test_exits_in_a_process"])["reason"]
    assert "it fails even one after another: process 2: exited with status 5" in reason
    assert "string_at" in tests["test_segfault"]["hazards"][0]["detail"]
    assert tests["test_exits_always"]["reason"] == (
        "fails without concurrency: its process died: exited with status 4 (os._exit)"
    )


def test_hanging(session: Callable[..., Any]) -> None:
    result, tests = session(HANGING, 4, "--concurrency-processes=none")
    result.assert_outcomes(failed=3, passed=1)
    assert hazards(tests["test_waits_in_c"]) == hazards(tests["test_endless_loop"]) == {"timeout"}
    assert tests["test_deadlock_out_of_sight"]["outcome"] == "failed"
    waiting = tests["test_waits_in_c"]["hazards"][0]["states"]
    assert [state["stack"][-1]["source"] for state in waiting[1:]] == [
        "if in_copy(): ctypes.CDLL(None).pause()"
    ] * 2


def test_leaving_something_behind(session: Callable[..., Any]) -> None:
    result, _ = session(LEAVING, 20)
    result.assert_outcomes(passed=4)


def test_rude(session: Callable[..., Any]) -> None:
    result, tests = session(RUDE, 20)
    assert "OddError: odd" in processes(tests["test_unpicklable_exception"])["reason"]
    assert processes(tests["test_unpicklable_result"])["outcome"] == "clean"  # nobody asks for it
    assert "free_running.py" not in result.stdout.str()
    assert hazards(tests["test_raises_base_exception"]) == {"test-failure"}
    assert hazards(tests["test_exits_politely"]) == {"test-failure"}
    harmless = ("prints_megabytes", "closes_files", "changes_directory", "patches_fork_and_sleep")
    for name in map("test_{}".format, harmless):
        assert tests[name]["outcome"] == "passed", tests[name]
    assert len(result.stdout.str()) < 100_000


def test_what_is_too_long_for_controlled_schedules_is_no_hang(run: Callable[..., Any]) -> None:
    found = run(
        """
        import pytest

        class Counter:
            value = 0

        @pytest.mark.threadsafe(threads=2, processes="none", runs=2)
        def test_long():
            counter = Counter()
            for _ in range(150_000):
                counter.value += 1
            assert counter.value == 150_000
        """,
        "--concurrency-stress",
        "--concurrency-time=10",
    )
    found.result.assert_outcomes(passed=1)
    report = found.of["test_long"]
    assert report.hazards == ()
    explored = report.cells[1]
    assert explored.outcome in ("clean", "skipped")
    if explored.outcome == "skipped":
        assert explored.reason.startswith("too long: ")
    assert report.not_judged


def test_what_is_too_long_without_concurrency_runs_at_full_speed(run: Callable[..., Any]) -> None:
    found = run(
        """
        import pytest

        class Counter:
            value = 0

        @pytest.mark.threadsafe(threads=2, processes="none", runs=2, time=9)
        def test_longer():
            counter = Counter()
            for _ in range(3_000_000):
                counter.value += 1
        """,
        "--concurrency-stress",
    )
    found.result.assert_outcomes(passed=1)
    report = found.of["test_longer"]
    assert report.hazards == ()
    serial, explored, free = report.cells
    points = re.match("too long: ([0-9,]+) points", serial.reason)
    assert points is not None
    assert int(points[1].replace(",", "")) > 20_000
    assert explored.outcome == "skipped"
    assert explored.reason == serial.reason
    assert free.schedules
