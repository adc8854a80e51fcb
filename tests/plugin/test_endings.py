"""Tests that fail, skip or expect to fail, with and without concurrency."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .conftest import COUNTER, EXPLORED_ONLY, FEW, Run


def test_a_test_that_fails_serially_is_an_ordinary_failure(run: Callable[..., Run]) -> None:
    found = run(
        """
        import pytest

        @pytest.mark.threadsafe
        def test_wrong():
            answer = 41
            assert answer == 42
        """
    )
    found.result.assert_outcomes(failed=1)
    found.result.stdout.fnmatch_lines([">       assert answer == 42", "E       assert 41 == 42"])
    report = found.of["test_wrong"]
    assert report.reason.startswith("fails without concurrency: ")
    assert (report.outcome, report.hazards) == ("failed", ())
    assert [result.cell.kind for result in report.cells] == ["serial"]


def test_a_fixture_that_fails(run: Callable[..., Run]) -> None:
    found = run(
        """
        import pytest

        @pytest.fixture
        def broken(): raise RuntimeError("no")

        @pytest.mark.threadsafe
        def test_it(broken): pass
        """
    )
    found.result.assert_outcomes(errors=1)
    assert found.of == {}


@pytest.mark.parametrize(
    ("marks", "body", "outcome", "reason"),
    [
        ("", 'pytest.skip("not today")', "skipped", "the test skips itself: not today"),
        ("", 'pytest.xfail("known")', "xfailed", "the test says that it fails: known"),
        (
            "@pytest.mark.xfail",
            "assert 0",
            "xfailed",
            "fails without concurrency: AssertionError: assert 0",
        ),
        ("@pytest.mark.xfail", "pass", "xpassed", ""),
        ("@pytest.mark.xfail(strict=True)", "pass", "failed", ""),
        ('@pytest.mark.skip("no")', "assert 0", "skipped", None),
        ("@pytest.mark.xfail(run=False)", "import os; os._exit(1)", "xfailed", None),
    ],
)
def test_skips_and_expected_failures_mean_what_they_mean_without_us(
    run: Callable[..., Run], marks: str, body: str, outcome: str, reason: str | None
) -> None:
    found = run(
        f"import pytest\n{marks}\n@pytest.mark.threadsafe\ndef test_it():\n    {body}\n",
        *EXPLORED_ONLY,
    )
    found.result.assert_outcomes(**{outcome: 1})
    if reason is None:
        assert found.of == {}
    else:
        assert found.of["test_it"].reason == reason


def test_a_hazard_can_be_the_expected_failure(run: Callable[..., Run]) -> None:
    found = run(
        f"""{COUNTER}
@pytest.mark.xfail(strict=True, reason="not thread-safe yet")
@pytest.mark.threadsafe
def test_racy(counter, concurrency):
    concurrency.run(counter.increment)
    assert counter.value == concurrency.count
""",
        *EXPLORED_ONLY,
    )
    found.result.assert_outcomes(xfailed=1)
    assert found.ret == 0
    assert found.of["test_racy"].hazards


def test_a_skip_in_one_copy_does_not_hide_a_failure_in_another(run: Callable[..., Run]) -> None:
    found = run(
        """
        import threading, pytest

        @pytest.fixture
        def barrier():
            return threading.Barrier(2)

        @pytest.mark.threadsafe
        def test_it(barrier, thread_index):
            try:
                barrier.wait(0.5)
            except threading.BrokenBarrierError:
                return  # alone
            if thread_index == 0:
                pytest.skip("first")
            raise ValueError("second")
        """,
        *FEW,
    )
    found.result.assert_outcomes(failed=1)
    assert "ValueError: second" in found.of["test_it"].hazards[0].message


def test_threads_that_die_are_a_hazard(run: Callable[..., Run]) -> None:
    found = run(
        f"""{COUNTER}
import threading

@pytest.mark.threadsafe
def test_it(counter):
    def check():
        counter.increment()
        seen = counter.value
        if seen != 1 and seen != len(done) + 1:
            raise ValueError("out of step")
        done.append(seen)
    done = []
    threads = [threading.Thread(target=check) for _ in range(2)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
""",
        "--concurrency-stress",
        "--concurrency-threads=2",
        "--concurrency-schedules=100",
        "--concurrency-runs=0",
    )
    kinds = {hazard.kind for hazard in found.of["test_it"].hazards}
    assert kinds <= {"thread-exception", "lost-update"}
    assert kinds
    found.result.assert_outcomes(failed=1)


def test_the_ordinary_run_is_left_out_when_the_cells_have_decided(
    run: Callable[..., Run], pytester: pytest.Pytester
) -> None:
    """What deadlocks under the scheduler would now and then do so in pytest's own process."""
    source = f"""{COUNTER}
import os
main = os.getpid()

@pytest.mark.threadsafe
def test_racy(counter, concurrency):
    if os.getpid() == main:
        print("ordinary run")
    concurrency.run(counter.increment)
    assert counter.value == concurrency.count or os.getpid() == main
"""
    assert "ordinary run" not in run(source, *EXPLORED_ONLY, "-rA").out
    assert "ordinary run" in run("", *EXPLORED_ONLY, "-rA", "--concurrency-gate=none").out


def test_every_run_of_the_search_sees_the_same_random_numbers(
    run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:asyncio -p no:run-parallel")
    found = run(
        f"""{COUNTER}
import random

@pytest.mark.threadsafe
def test_racy(counter, concurrency):
    rounds = random.randrange(1, 6)

    def work():
        for _ in range(rounds): counter.increment()

    concurrency.run(work)
    assert counter.value == 2 * rounds
""",
        *EXPLORED_ONLY,
        "-p",
        "randomly",
    )
    hazard = found.of["test_racy"].hazards[0]
    assert hazard.note == ""
    assert hazard.replay


RAISING = """
import pytest

class Counter:
    def __init__(self): self.value = 0
    def add(self):
        seen = self.value
        self.value = seen + 1

class Wrong(AssertionError): pass

@pytest.mark.xfail(raises={raises}, strict=True)
@pytest.mark.threadsafe
def test_it(concurrency):
    counter = Counter()
    concurrency.run(counter.add)
    if counter.value != concurrency.count: raise {error}
"""


@pytest.mark.parametrize(
    ("raises", "error", "outcome"),
    [
        ("AssertionError", "AssertionError", "xfailed"),
        ("Wrong", "Wrong", "xfailed"),
        ("(OSError, LookupError)", "KeyError", "xfailed"),
        ("ValueError", "AssertionError", "failed"),
        ("Wrong", "AssertionError", "failed"),
    ],
)
def test_hazards_raise_what_an_expected_failure_names(
    run: Callable[..., Run], raises: str, error: str, outcome: str
) -> None:
    found = run(RAISING.format(raises=raises, error=error), *EXPLORED_ONLY)
    found.result.assert_outcomes(**{outcome: 1})
    assert found.of["test_it"].hazards
    assert found.result.ret == (outcome == "failed")


def test_an_expected_failure_may_be_asked_to_fail(run: Callable[..., Run]) -> None:
    source = RAISING.format(raises="AssertionError", error="AssertionError")
    run(source, *EXPLORED_ONLY, "--runxfail").result.assert_outcomes(failed=1)


def test_pytest_describes_no_failure_that_nobody_reads(
    run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    in_full = pytest.Function.repr_failure

    def repr_failure(self: pytest.Function, excinfo: pytest.ExceptionInfo[BaseException]) -> Any:
        with (tmp_path / "described").open("a") as file:
            file.write(f"{excinfo.typename} ")
        return in_full(self, excinfo)

    monkeypatch.setattr(pytest.Function, "repr_failure", repr_failure)
    found = run(
        """
        import pytest

        @pytest.mark.threadsafe
        def test_it(concurrency):
            answers = []
            concurrency.run(lambda: answers.append(len(answers)))
            assert sorted(answers) == [0, 1]
        """,
        *EXPLORED_ONLY,
    )
    hazards = found.of["test_it"].hazards
    assert any("\nE   assert [0, 0] == [0, 1]" in hazard.detail for hazard in hazards)
    assert (tmp_path / "described").read_text() == "HazardsFound "
