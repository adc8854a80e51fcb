"""Other plugins that people have installed, doing their work in the same run."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from .conftest import COUNTER, EXPLORED_ONLY, FEW, RACY, Run


@pytest.fixture(autouse=True)
def only_what_is_meant(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """Here the others are there, but for those that change what each test does."""
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:asyncio -p no:randomly -p no:run-parallel")


def test_all_of_them_at_once(run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTEST_ADDOPTS")
    found = run(
        f"""{RACY}
import asyncio

@pytest.mark.threadsafe
@pytest.mark.timeout(20)
def test_clean(): pass

@pytest.mark.threadsafe
@pytest.mark.asyncio
async def test_async():
    await asyncio.sleep(0)
""",
        *EXPLORED_ONLY,
        "-v",
        "--reruns=1",
        "--timeout=30",
        "-o",
        "asyncio_default_fixture_loop_scope=function",
    )
    outcomes = found.result.parseoutcomes()
    assert outcomes == {"failed": 1, "passed": 2, "rerun": 1}
    assert found.of["test_racy"].hazards[0].kind == "lost-update"
    assert found.of["test_async"].reason == "async tests run in one thread"
    assert "test_async: async tests run in one thread" in found.out


def test_rerunfailures_stresses_once_and_cannot_wash_a_hazard_away(
    run: Callable[..., Run], pytester: pytest.Pytester
) -> None:
    found = run(
        f"""{RACY}
import os

@pytest.fixture(autouse=True)
def each_round():
    with open("rounds.txt", "a") as file: print(os.getpid() == main, file=file)

main = os.getpid()
""",
        *EXPLORED_ONLY,
        "--reruns=2",
        *("-p", "no:cacheprovider"),  # the second run would begin with what has failed
    )
    assert found.result.parseoutcomes() == {"failed": 1, "rerun": 2}
    rounds = (pytester.path / "rounds.txt").read_text().split()
    assert rounds.count("True") == 3
    run("", *EXPLORED_ONLY, "-p", "no:cacheprovider")
    again = (pytester.path / "rounds.txt").read_text().split()
    assert again.count("False") == 2 * rounds.count("False")


def test_timeout_does_not_cut_the_stress_short_but_guards_the_ordinary_run(
    run: Callable[..., Run],
) -> None:
    found = run(
        """
        import os, time
        import pytest

        main = os.getpid()

        @pytest.mark.threadsafe
        @pytest.mark.timeout(1)
        def test_slow_to_stress():
            if os.getpid() != main:
                time.sleep(0.1)

        @pytest.mark.threadsafe
        @pytest.mark.timeout(1)
        def test_hangs():
            if os.getpid() == main:
                time.sleep(60)

        @pytest.mark.threadsafe
        @pytest.mark.timeout(1, func_only=True)
        def test_hangs_in_its_body():
            if os.getpid() == main:
                time.sleep(60)
        """,
        "--concurrency-stress",
        "--concurrency-threads=2",
        "--concurrency-schedules=5",
        "--concurrency-runs=10",
        "--concurrency-processes=none",
    )
    found.result.assert_outcomes(passed=1, failed=2)
    assert found.of["test_slow_to_stress"].seconds > 1
    assert found.out.count("Failed: Timeout") >= 2
    assert not any(report.hazards for report in found.of.values())


def test_timeout_by_thread(run: Callable[..., Run]) -> None:
    found = run(
        """
        import os, time
        import pytest

        main = os.getpid()

        @pytest.mark.threadsafe
        @pytest.mark.timeout(1, method="thread")
        def test_slow_to_stress():
            if os.getpid() != main:
                time.sleep(0.1)
        """,
        "--concurrency-stress",
        "--concurrency-threads=2",
        "--concurrency-schedules=0",
        "--concurrency-runs=12",
        "--concurrency-processes=none",
    )
    found.result.assert_outcomes(passed=1)
    assert found.of["test_slow_to_stress"].seconds > 1


def test_run_parallel_and_its_marks(
    run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:asyncio -p no:randomly")
    source = f"""{COUNTER}
@pytest.mark.threadsafe
@pytest.mark.parallel_threads(3)
def test_three(thread_index, iteration_index, num_parallel_threads):
    assert 0 <= thread_index < num_parallel_threads == 3

@pytest.mark.threadsafe
@pytest.mark.thread_unsafe(reason="says so")
def test_unsafe(): pass

@pytest.mark.threadsafe
def test_theirs(num_parallel_threads, num_iterations, thread_comp): pass
"""
    found = run(source, *FEW)
    found.result.assert_outcomes(passed=3)
    assert [result.cell.threads for result in found.of["test_three"].cells] == [1, 3, 3, 1]
    assert found.of["test_three"].hazards == ()
    assert found.of["test_unsafe"].reason == "marked thread_unsafe: says so"
    found = run("", *EXPLORED_ONLY, "--parallel-threads=2")
    assert found.ret == pytest.ExitCode.USAGE_ERROR
    assert found.result.errlines == [
        "ERROR: --parallel-threads and --concurrency-stress both run tests in threads: "
        "give one of them",
        "",
    ]


def test_xdist_stresses_in_its_workers(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_it=RACY)
    result = pytester.runpytest_subprocess(*EXPLORED_ONLY, "-n2", "--dist=loadfile", "-v")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*= concurrency =*", "*test_racy*FAIL*"])


SUBTESTS = """
import unittest
class TestNumbers(unittest.TestCase):
    def test_even(self):
        for number in range(2):
            with self.subTest(number=number):
                self.assertLess(number, 2)
"""


def test_xdist_is_not_told_of_subtests_of_executions(pytester: pytest.Pytester) -> None:
    """From pytest 9 on ``addSubTest`` tells of each at once, whoever runs it."""
    pytester.makepyfile(SUBTESTS)
    found = pytester.runpytest_subprocess(
        "-p", "no:randomly", "-n1", "-v", *EXPLORED_ONLY, "--concurrency-select=all"
    )
    found.assert_outcomes(passed=1)
    assert re.findall(r"(\d+) subtests", found.outlines[-1]) in ([], ["2"])


def test_xdist_and_a_token(pytester: pytest.Pytester, run: Callable[..., Run]) -> None:
    token = run(RACY, *EXPLORED_ONLY).token()
    replayed = pytester.runpytest_subprocess("-n1", f"--concurrency-replay={token}")
    replayed.assert_outcomes(failed=1)
    assert "lost update on Counter.value" in replayed.stdout.str()
    pytester.makepyfile(test_it=f"{RACY}\ndef test_other(): pass\n")
    refused = pytester.runpytest_subprocess("-n1", f"--concurrency-replay={token}")
    assert refused.ret != 0
    text = refused.stdout.str() + refused.stderr.str()
    assert "replays one test, but 2 are selected" in text
    assert "Traceback" not in text


def test_other_plugins_see_the_call_of_a_test_with_hazards(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("""
        import pytest

        seen = {}

        @pytest.hookimpl(wrapper=True)
        def pytest_runtest_call(item):
            seen[item.nodeid] = {}
            return (yield)

        @pytest.hookimpl(wrapper=True)
        def pytest_runtest_makereport(item, call):
            report = yield
            if call.when == "call":
                seen[item.nodeid].update(outcome=report.outcome)  # as pytest-json-report does
            return report
    """)
    pytester.makepyfile(test_it=RACY)
    result = pytester.runpytest_subprocess(*EXPLORED_ONLY)
    result.assert_outcomes(failed=1)
    assert "lost update on Counter.value" in result.stdout.str()
