"""The benchmarks run and say something; what they say is not judged here."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def python_m(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", *arguments]
    return subprocess.run(
        command, cwd=ROOT, input=stdin, capture_output=True, text=True, timeout=120
    )


def test_a_benchmark_prints_its_rows() -> None:
    done = python_m("benchmarks", "--quick", "access")
    assert done.returncode == 0, done.stderr
    row = r"^one attribute read: outside an exploration +\d+ ns +original code \d+ ns +[\d.]+x"
    assert re.search(row, done.stdout, re.MULTILINE), done.stdout


def test_a_child_explores_as_often_as_it_is_told() -> None:
    requests = [["counter", "random", 7], ["accesses-36", "pct", 3]]
    stdin = "".join(json.dumps(request) + "\n" for request in requests)
    done = python_m("benchmarks.child", "pytest-concurrency", stdin=stdin)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [executions for executions, _, _ in answers] == [7, 3], done.stderr
    assert all(seconds > 0 for _, seconds, _ in answers)


def test_an_unknown_name_is_refused() -> None:
    done = python_m("benchmarks", "speed")
    assert done.returncode == 2
    assert "got speed, expected some of executions, rerun, startup, access" in done.stderr
