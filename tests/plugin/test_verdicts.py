"""The examples show the four verdicts, as their README says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Run

EXAMPLES = Path(__file__).parent.parent.parent / "examples"

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def examples(pytester: pytest.Pytester) -> None:
    for path in EXAMPLES.rglob("*.*"):
        if path.suffix in (".py", ".ini"):
            copy = pytester.path / path.relative_to(EXAMPLES)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(path.read_text())


@pytest.mark.usefixtures("examples")
def test_the_four_verdicts(run: Callable[..., Run]) -> None:
    found = run(
        "",
        "tests/test_four_verdicts.py",
        "--concurrency-stress",
        "--concurrency-threads=2",
        "--concurrency-schedules=60",
        "--concurrency-runs=8",
    )
    verdicts = {name.split("_")[1]: found.of[name].isolation for name in found.of}
    assert {name: verdict.verdict for name, verdict in verdicts.items()} == {
        "hidden": "hidden",
        "exposed": "exposed",
        "persists": "persists",
        "clean": "clean",
    }
    assert all(
        verdict.reason.strip() and "\n" not in verdict.reason for verdict in verdicts.values()
    )
    found.result.assert_outcomes(failed=3, passed=1)
    lost = found.of["test_hidden_counter_in_memory"].hazards[0]
    assert (lost.kind, lost.location) == ("lost-update", "MemoryCounter.value")


@pytest.mark.usefixtures("examples")
def test_the_shop(run: Callable[..., Run]) -> None:
    found = run(
        "",
        "tests/test_shop.py",
        "--concurrency-stress",
        "--concurrency-threads=2",
        "--concurrency-schedules=60",
        "--concurrency-runs=0",
    )
    found.result.assert_outcomes(failed=4, passed=3)
    first = {name: report.hazards[0].kind for name, report in found.of.items() if report.hazards}
    assert first == {
        "test_nobody_takes_what_is_not_there": "atomicity-violation",
        "test_every_visitor_is_on_the_board": "lost-update",
        "test_stores_send_stock_to_each_other": "deadlock",
        "test_there_is_one_catalogue": "test-failure",
    }
    assert all(report.hazards[0].replay for report in found.of.values() if report.hazards)


@pytest.mark.usefixtures("examples")
def test_the_examples_pass_without_the_flag(pytester: pytest.Pytester) -> None:
    pytester.runpytest_subprocess().assert_outcomes(passed=11)


def test_the_examples_end_with_a_line_that_says_what_they_are_for(
    pytester: pytest.Pytester,
) -> None:
    line = "These failures are meant: examples/README.md says what each test shows."
    pytester.makeconftest((EXAMPLES / "conftest.py").read_text())
    pytester.makepyfile(
        """
        def test_passes(): pass
        def test_fails(): assert False
        """
    )
    run = pytester.runpytest_subprocess
    assert line in run("--concurrency-stress").outlines
    assert line not in run("--concurrency-stress", "-k", "passes").outlines
    assert line not in run().outlines
