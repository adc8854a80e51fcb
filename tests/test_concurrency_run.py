"""The fixture ``concurrency`` outside of stressed runs: what it runs, and what it refuses."""

from __future__ import annotations

from functools import partial

import pytest

from pytest_concurrency.fixtures import Concurrency

ONE, TWO = partial(int, 1), partial(int, 2)


async def coroutine_function() -> None:
    """Never run."""


@pytest.mark.parametrize(
    ("targets", "threads", "results"),
    [
        ([ONE], None, [1, 1]),
        ([ONE], 3, [1, 1, 1]),
        ([[ONE]], None, [1]),
        ([[ONE, TWO]], None, [1, 2]),
        ([(ONE, TWO)], None, [1, 2]),
        ([ONE, TWO], None, [1, 2]),
        ([iter([ONE, TWO])], None, [1, 2]),
    ],
)
def test_what_runs(targets, threads, results):
    concurrency = Concurrency()
    assert concurrency.run(*targets, threads=threads) == results
    assert concurrency.count == len(results)


@pytest.mark.parametrize(
    ("targets", "threads", "error", "told"),
    [
        ([], None, ValueError, "concurrency.run needs at least one callable"),
        ([[]], None, ValueError, "concurrency.run needs at least one callable"),
        ([ONE], 0, ValueError, "concurrency.run: threads must be at least 1, not 0"),
        ([ONE], "2", ValueError, "concurrency.run: threads must be at least 1, not '2'"),
        ([ONE, TWO], 2, ValueError, "threads=2 is for one callable; several run once each"),
        ([[ONE, TWO]], 2, ValueError, "threads=2 is for one callable; several run once each"),
        ([5], None, TypeError, "concurrency.run takes callables, not int"),
        ([ONE, 5], None, TypeError, "concurrency.run takes callables, not int"),
        ([ONE, [TWO]], None, TypeError, "concurrency.run takes callables, not list"),
        ([coroutine_function], None, TypeError, "makes a coroutine, which nobody awaits"),
        ([ONE, coroutine_function], None, TypeError, "makes a coroutine, which nobody awaits"),
    ],
)
def test_what_is_refused(targets, threads, error, told):
    concurrency = Concurrency()
    with pytest.raises(error, match=told):
        concurrency.run(*targets, threads=threads)
    assert concurrency.count == 0
