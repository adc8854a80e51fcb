"""The exit status is 1 if and only if a gated test has a hazard, or a test fails as usual."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .conftest import COUNTER, EXPLORED_ONLY, RACY, Run

UNMARKED = f"""{COUNTER}
def test_racy(counter):
    before = counter.value
    counter.increment()
    assert counter.value == before + 1
"""


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ([], 1),
        (["--concurrency-gate=marked"], 1),
        (["--concurrency-gate=all"], 1),
        (["--concurrency-gate=none"], 0),
        (["--concurrency-select=all"], 1),
    ],
)
def test_a_marked_test(run: Callable[..., Run], options: list[str], status: int) -> None:
    found = run(RACY, *EXPLORED_ONLY, *options)
    assert found.ret == status
    report = found.of["test_racy"]
    assert [hazard.kind for hazard in report.hazards] == ["lost-update"]
    assert (report.outcome, report.gated) == ("failed", status == 1)


@pytest.mark.parametrize(
    ("options", "status"),
    [
        (["--concurrency-select=all"], 0),
        (["--concurrency-select=all", "--concurrency-gate=all"], 1),
        (["--concurrency-select=all", "--concurrency-gate=none"], 0),
    ],
)
def test_an_unmarked_test(run: Callable[..., Run], options: list[str], status: int) -> None:
    found = run(UNMARKED, *EXPLORED_ONLY, *options)
    assert found.ret == status
    assert found.of["test_racy"].hazards
    told = "[does not fail the run]" in " ".join(found.out.split())
    assert told == (status == 0)


def test_unmarked_tests_are_not_stressed_unless_selected(run: Callable[..., Run]) -> None:
    found = run(UNMARKED, *EXPLORED_ONLY)
    found.result.assert_outcomes(passed=1)
    assert found.of == {}
    assert "= concurrency =" not in found.out


def test_a_hazard_that_is_not_gated_prints_its_replay_in_the_summary(
    run: Callable[..., Run],
) -> None:
    found = run(RACY, *EXPLORED_ONLY, "--concurrency-gate=none")
    found.result.assert_outcomes(passed=1)
    assert f"--concurrency-replay={found.token()}" in found.out


def test_one_failure_of_each_sort_is_counted_once(run: Callable[..., Run]) -> None:
    source = f"{RACY}\ndef test_wrong(): assert False\ndef test_right(): pass\n"
    found = run(source, *EXPLORED_ONLY)
    found.result.assert_outcomes(failed=2, passed=1)
    assert found.ret == 1


def test_clean_tests_leave_the_run_green(run: Callable[..., Run]) -> None:
    found = run(
        """
        import pytest

        @pytest.mark.threadsafe
        def test_clean(): pass
        """
    )
    assert found.ret == 0
    assert found.of["test_clean"].isolation.verdict == "clean"
    assert found.of["test_clean"].outcome == "passed"


def test_no_tests_collected_is_still_5(run: Callable[..., Run]) -> None:
    assert run("", *EXPLORED_ONLY).ret == 5


SHARING = """
import pytest

@pytest.mark.threadsafe
def test_sharing(capsys): pass
"""


@pytest.mark.parametrize(("options", "status"), [([], 0), (["--concurrency-strict"], 1)])
def test_one_that_could_not_be_judged(
    run: Callable[..., Run], options: list[str], status: int
) -> None:
    found = run(SHARING, *EXPLORED_ONLY, *options)
    found.result.assert_outcomes(passed=1)
    assert found.ret == status
    reason = "copies of it cannot run at once: they would share capsys"
    out = " ".join(found.out.split())
    assert f"could not be judged: test_it.py::test_sharing: {reason}" in out
    assert "0 tests stressed: 1 not judged" in out
    quiet = run("", *EXPLORED_ONLY, *options, "-q")
    assert quiet.ret == status
    assert "concurrency: 1 test could not be judged" in quiet.out


@pytest.mark.parametrize(
    "mark",
    [
        "thread_unsafe",
        "threadsafe(processes='none')",
        "threadsafe(processes='none'), pytest.mark.skip",
    ],
)
def test_what_nobody_expects_to_be_judged(run: Callable[..., Run], mark: str) -> None:
    source = f"""
import pytest

pytestmark = [pytest.mark.{mark}]

@pytest.mark.threadsafe
def test_it(): pass
"""
    found = run(source, *EXPLORED_ONLY, "--concurrency-strict")
    assert found.ret == 0
    assert "could not be judged" not in " ".join(found.out.split())


def test_a_hazard_that_is_not_gated_is_mentioned_when_quiet(run: Callable[..., Run]) -> None:
    found = run(RACY, *EXPLORED_ONLY, "--concurrency-gate=none", "-q")
    assert "concurrency: 1 cause in 1 test not gated; -v shows it" in found.out
    assert "isolation" not in found.out


def test_strict_under_xdist(run: Callable[..., Run], pytester: pytest.Pytester) -> None:
    pytester.makepyfile(SHARING)
    result = pytester.runpytest_subprocess(*EXPLORED_ONLY, "--concurrency-strict", "-n1")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["could not be judged: *::test_sharing: *"])
