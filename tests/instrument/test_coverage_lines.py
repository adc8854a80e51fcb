"""Coverage sees the same lines and branches of instrumented code as of the original."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

COVER = Path(__file__).with_name("cover.py")


def traced(how: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, str(COVER), how], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


@pytest.fixture(scope="module")
def both() -> tuple[dict[str, Any], dict[str, Any]]:
    return traced("original"), traced("instrumented")


def test_the_sample_is_instrumented_and_not_run_through(both: tuple[dict[str, Any], ...]) -> None:
    original, instrumented = both
    assert instrumented["instrumented"] >= 8
    assert original["missing_branches"], "or there is nothing to compare"
    assert original["executed_branches"]


@pytest.mark.parametrize(
    "what",
    ["executed_lines", "missing_lines", "excluded_lines", "executed_branches", "missing_branches"],
)
def test_same_lines_and_branches(both: tuple[dict[str, Any], ...], what: str) -> None:
    original, instrumented = both
    assert instrumented[what] == original[what]
