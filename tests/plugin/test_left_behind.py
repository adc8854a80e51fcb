"""Exceptions that nobody asks for and locks held for ever, in tests that assert nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .conftest import EXPLORED_ONLY, Run

SOURCE = """
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
import pytest
pytestmark = pytest.mark.threadsafe

{state}

class Stock:
    def __init__(self):
        self.items = ["a"]
        self.lock = threading.Lock()

    def take(self):
        if self.items:
            self.items.pop()  # POPS

    def take_locked(self):
        if self.items:
            with suppress(IndexError):
                self.lock.acquire()  # TAKES
                self.items.pop()
                self.lock.release()

def test_forgotten():
    {use}
    stock = Stock()
    with ThreadPoolExecutor(2) as pool:
        pool.submit(stock.take)
        pool.submit(stock.take)

def test_asked():
    {use}
    stock = Stock()
    with ThreadPoolExecutor(2) as pool, suppress(IndexError):
        for each in [pool.submit(stock.take), pool.submit(stock.take)]:
            each.result()

@pytest.fixture
def futures():
    futures = []
    yield futures
    for each in futures:
        each.exception()

def test_asked_by_a_fixture(futures):
    {use}
    stock = Stock()
    with ThreadPoolExecutor(2) as pool:
        futures += [pool.submit(stock.take), pool.submit(stock.take)]

def test_fails_always():
    {use}
    with ThreadPoolExecutor(2) as pool:
        pool.submit(lambda: 1 / 0)

def test_kept():
    {use}
    stock = Stock()
    threads = [threading.Thread(target=stock.take_locked) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
"""
LEAKS = "NUMBER = [0]"
"""Each schedule then runs in a process of its own."""


@pytest.mark.parametrize(
    ("state", "use"),
    [("", ""), (LEAKS, "NUMBER[0] += 1\n    if NUMBER[0] > 1: vars().update(x=NUMBER)")],
    ids=["in-one-process", "in-many"],
)
def test_what_is_left_behind(run: Callable[..., Run], state: str, use: str) -> None:
    source = SOURCE.format(state=state, use=use)
    found = run(source, *EXPLORED_ONLY, "--concurrency-schedules=60")
    found.result.assert_outcomes(failed=2, passed=3)
    lines = source.strip().splitlines()
    pops, takes = (
        1 + next(n for n, each in enumerate(lines) if f"# {it}" in each) for it in ("POPS", "TAKES")
    )
    (swallowed,) = found.of["test_forgotten"].hazards
    assert (swallowed.kind, swallowed.location) == ("swallowed-exception", "Stock.items")
    assert swallowed.symptom is not None
    assert (swallowed.symptom[1], swallowed.symptom[3]) == ("IndexError", pops)
    assert swallowed.replay
    assert f'test_it.py", line {pops}, in Stock.take' in swallowed.detail
    (kept,) = found.of["test_kept"].hazards
    assert (kept.kind, kept.location) == ("lock-held-at-end", "Stock.lock")
    assert [use.site.line for use in kept.sites] == [takes]
    (warning,) = found.of["test_fails_always"].hazards
    assert (warning.kind, warning.severity) == ("swallowed-exception", "warning")
    assert not found.of["test_asked"].hazards
    assert not found.of["test_asked_by_a_fixture"].hazards


def test_the_token_shows_it_again(run: Callable[..., Run]) -> None:
    source = SOURCE.format(state="", use="")
    for name in ("test_forgotten", "test_kept"):
        found = run(source, *EXPLORED_ONLY, f"test_it.py::{name}", "--concurrency-schedules=100")
        replayed = run("", f"--concurrency-replay={found.token(name)}", f"test_it.py::{name}")
        assert [hazard.kind for hazard in replayed.of[name].hazards] == [
            hazard.kind for hazard in found.of[name].hazards
        ]
