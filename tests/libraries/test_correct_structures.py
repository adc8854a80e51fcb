"""Nothing is found in correct structures of the standard library and of packages behind a lock.

Their code is instrumented, by name. ``CORPUS=long`` runs all of them, with 5,000 schedules each.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("correct_structures.py")
NAMED = (
    *("collections", "concurrent.futures", "functools", "logging", "queue", "sched", "threading"),
    *("cachetools", "sortedcontainers"),
)
QUICK = "test_queue_join or test_sched or test_cachetools_ttl or test_sorted_list"
SLOWEST_SECONDS = 600


def judged(pytester: pytest.Pytester, *options: str) -> list[dict[str, object]]:
    """Stress the program; return what the report says of its tests."""
    pytester.makepyfile(test_it=PROGRAM.read_text(encoding="utf-8"))
    result = pytester.runpytest_subprocess(
        "--concurrency-stress",
        f"--concurrency-source={','.join(NAMED)}",
        "--concurrency-processes=none",
        "--concurrency-json=report.json",
        *options,
    )
    tests = json.loads((pytester.path / "report.json").read_text())["tests"]
    for test in tests:
        assert test["outcome"] in ("passed", "skipped"), result.stdout.str()
    return [test for test in tests if test["outcome"] == "passed"]


def assert_nothing_is_found(tests: list[dict[str, object]]) -> None:
    for test in tests:
        accused = [h["message"] for h in test["hazards"] if h["severity"] != "note"]
        assert not accused, test["nodeid"]
        explored = [cell for cell in test["cells"] if cell["kind"] == "explored"]
        assert [cell["outcome"] for cell in explored] == ["clean"], test["nodeid"]


def test_a_sample(pytester):
    few = ("--concurrency-schedules=10", "--concurrency-runs=0", "-k", QUICK)
    tests = judged(pytester, *few)
    assert len(tests) == len(QUICK.split(" or "))
    assert_nothing_is_found(tests)


@pytest.mark.skipif(os.environ.get("CORPUS") != "long", reason="CORPUS=long runs it")
def test_all_of_them(pytester):
    options = ("--concurrency-schedules=5000", f"--concurrency-time={SLOWEST_SECONDS}")
    assert_nothing_is_found(judged(pytester, *options))
