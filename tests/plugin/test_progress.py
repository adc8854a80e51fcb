"""A line of progress on a terminal, and only there."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress

import pytest

from .conftest import RACY, Run

SLOW = """
import pytest

@pytest.mark.threadsafe
def test_takes_its_time(concurrency):
    concurrency.run(lambda: [str(number) for number in range(3000)])
"""
LONG = (
    "--concurrency-stress",
    "--concurrency-threads=2",
    "--concurrency-schedules=400",
    "--concurrency-strategy=random",
    "--concurrency-runs=0",
)


def on_a_terminal(*args: str) -> str:
    """What pytest writes to a terminal of 100 columns."""
    main, other = pty.openpty()
    environment = {**os.environ, "COLUMNS": "100", "TERM": "xterm"}
    with subprocess.Popen(
        [sys.executable, "-m", "pytest", *args],
        stdin=other,
        stdout=other,
        stderr=other,
        env=environment,
    ):
        os.close(other)
        written = b""
        with suppress(OSError):  # the other end is closed
            while data := os.read(main, 65536):
                written += data
    os.close(main)
    return written.decode()


def screen_of(text: str) -> list[str]:
    """What is to be read on the screen in the end: progress is written and taken away in place."""
    shown = re.sub(r"\x1b7.*?\x1b8", "", text)
    return re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", shown).replace("\r", "").splitlines()


@pytest.mark.parametrize("options", [[], ["-v"], ["-s"]])
def test_progress_on_a_terminal(pytester: pytest.Pytester, options: list[str]) -> None:
    pytester.makepyfile(test_it=SLOW)
    text = on_a_terminal(*LONG, *options)
    seen = re.findall(r"\x1b7 (.*?)\x1b\[K\x1b8", text)
    assert any(re.search(r"test_takes_its_time: explored 2T \d+/400", each) for each in seen), text
    lines = screen_of(text)
    expected = r"test_it.py(::test_takes_its_time PASSED| \.)( +\[100%\])?"
    assert any(re.fullmatch(expected, line) for line in lines), lines
    assert not any("explored 2T " in line for line in lines if "sampled" not in line)
    assert "Captured" not in text


def test_no_progress_when_quiet(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_it=SLOW)
    assert "\x1b7" not in on_a_terminal(*LONG, "-q")


def test_no_progress_without_a_terminal(run: Callable[..., Run]) -> None:
    found = run(SLOW, *LONG)
    assert found.ret == 0
    assert "\x1b" not in found.out


def test_the_failure_section_is_coloured(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_it=RACY)
    text = on_a_terminal(*LONG, "--color=yes")
    assert re.search(r"\x1b\[31m.*lost update on Counter.value", text)
