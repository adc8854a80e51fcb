"""A search that is split over several runs."""

from __future__ import annotations

import json
import sys

import pytest

from .conftest import FEW, RACY


def test_shares_differ_and_add_up(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_it=RACY + CALM)
    names = []
    for number in (1, 2):
        names.append(f"{number}.json")
        shard = (f"--concurrency-shard={number}/2", f"--concurrency-json={names[-1]}")
        result = pytester.runpytest(
            *FEW, "--concurrency-schedules=120", *shard, "-p", "no:cacheprovider"
        )
        result.stdout.fnmatch_lines([f"concurrency: *; shard {number} of 2; *"])
    first, second = (json.loads((pytester.path / name).read_text()) for name in names)
    calm = [each["tests"][1]["cells"][1] for each in (first, second)]
    assert [(each["planned"], each["exhausted"]) for each in calm] == [(60, True), (60, False)]
    assert first["tests"][1]["seed"] != second["tests"][1]["seed"]
    result = pytester.run(
        sys.executable, "-m", "pytest_concurrency", "merge", *names, "-o", "all.json"
    )
    assert result.ret == 1
    result.stdout.fnmatch_lines(["cause 1: lost update on Counter.value *"])
    merged = json.loads((pytester.path / "all.json").read_text())
    cell = merged["tests"][1]["cells"][1]
    assert (cell["planned"], cell["exhausted"], cell["covered"]) == (120, True, calm[0]["covered"])
    assert cell["schedules"] == sum(each["schedules"] for each in calm)
    assert [each["isolation"]["verdict"] for each in merged["tests"]] == ["hidden", "clean"]


CALM = """
import threading

@pytest.mark.threadsafe
def test_calm(counter, concurrency):
    lock = threading.Lock()

    def increment():
        with lock:
            counter.increment()

    concurrency.run(increment)
"""
