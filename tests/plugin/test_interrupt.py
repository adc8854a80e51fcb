"""Ctrl-C, or SIGTERM, in the middle of a stress: it ends at once, with what is known so far."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import COUNTER, EXPLORED_ONLY, RACY, needs_proc

pytestmark = needs_proc

SLOW = f"""{RACY}
import os, time
from pathlib import Path

main = os.getpid()

@pytest.mark.threadsafe
@pytest.mark.parametrize("way", ["sleeps", "loops", "forks"])
def test_slow(way):
    if os.getpid() != main:
        Path("started").touch()
        # Not a clock that is virtual while exploring.
        until = time.clock_gettime(time.CLOCK_MONOTONIC) + 60
        while time.clock_gettime(time.CLOCK_MONOTONIC) < until:
            if way != "loops":
                open(os.devnull).read()
        if way == "forks":
            os.fork()
"""


def _ctrl_c(session: int) -> None:
    os.killpg(session, signal.SIGINT)  # as a terminal does: the whole foreground group


def _cancelled_job(session: int) -> None:
    os.kill(session, signal.SIGTERM)


@pytest.mark.parametrize(
    ("way", "interrupt"),
    [("sleeps", _ctrl_c), ("loops", _ctrl_c), ("sleeps", _cancelled_job)],
)
def test_it_ends_at_once(
    pytester: pytest.Pytester,
    marked: Callable[[], list[str]],
    way: str,
    interrupt: Callable[[int], None],
) -> None:
    pytester.makepyfile(test_it=SLOW)
    started = pytester.path / "started"
    session = subprocess.Popen(
        [
            *(sys.executable, "-m", "pytest", *EXPLORED_ONLY, "-k", f"racy or {way}"),
            "--concurrency-json=report.json",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        until = time.monotonic() + 40
        while not started.exists() and time.monotonic() < until:
            time.sleep(0.05)
        assert started.exists()
        time.sleep(0.3)
        interrupt(session.pid)
        out, _ = session.communicate(timeout=50)  # of the 60 s that the test takes
    finally:
        session.kill()
    assert session.returncode == pytest.ExitCode.INTERRUPTED
    assert "lost update on Counter.value" in out
    assert "= concurrency =" in out
    assert "1 test stressed" in out
    assert "KeyboardInterrupt" in out
    assert "Traceback" not in out
    assert marked() == []
    document = json.loads(Path("report.json").read_text())
    assert [test["nodeid"] for test in document["tests"]] == ["test_it.py::test_racy"]


FINDS_AND_GOES_ON = f"""{COUNTER}
import os, time
from pathlib import Path

main = os.getpid()
unseen = {{"runs": 0}}
exec("def next_run():\\n global runs\\n runs += 1\\n return runs", unseen)

@pytest.mark.threadsafe
def test_racy(counter, concurrency):
    if os.getpid() != main and unseen["next_run"]() > 60:
        Path("started").touch()
        until = time.clock_gettime(time.CLOCK_MONOTONIC) + 60
        while time.clock_gettime(time.CLOCK_MONOTONIC) < until:
            open(os.devnull).read()
    def increment():
        for _ in range(5): counter.increment()
    concurrency.run(increment)
    assert counter.value == 5 * concurrency.count
"""


@pytest.mark.parametrize("interrupt", [_ctrl_c, _cancelled_job])
@pytest.mark.parametrize("gate", ["marked", "none"])
def test_what_the_running_test_had_found_is_told(
    pytester: pytest.Pytester, interrupt: Callable[[int], None], gate: str
) -> None:
    pytester.makepyfile(test_it=FINDS_AND_GOES_ON)
    options = [*EXPLORED_ONLY, "--concurrency-schedules=2000", f"--concurrency-gate={gate}"]
    session = subprocess.Popen(
        [sys.executable, "-m", "pytest", *options, "--concurrency-json=report.json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        until = time.monotonic() + 40
        while not (pytester.path / "started").exists() and time.monotonic() < until:
            time.sleep(0.05)
        interrupt(session.pid)
        out, _ = session.communicate(timeout=20)
    finally:
        session.kill()
    assert session.returncode == pytest.ExitCode.INTERRUPTED
    assert "lost update on Counter.value" in out
    assert "--concurrency-replay=c1" in out
    assert ("1 failed" in out) is (gate == "marked")
    (test,) = json.loads(Path("report.json").read_text())["tests"]
    assert [hazard["kind"] for hazard in test["hazards"]] == ["lost-update"]
    assert test["hazards"][0]["replay"]
    assert test["cells"][-1]["reason"] == "it was interrupted"
