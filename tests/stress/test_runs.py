"""What the runs of one cell add up to."""

from __future__ import annotations

from pytest_concurrency.model import Cell, Site
from pytest_concurrency.stress.cells.runs import Runs
from pytest_concurrency.stress.item.outcomes import CopyOutcome, RunOutcome


def failed(exception: str, line: int) -> RunOutcome:
    site = Site("test_shop.py", line)
    message = f"{exception}: in line {line}"
    return RunOutcome(CopyOutcome(0, "failed", exception, message, location=site))


def messages(*outcomes: RunOutcome) -> list[str]:
    runs = Runs(Cell("free-running", threads=2), len(outcomes), "with 2 threads", float("inf"))
    for outcome in outcomes:
        runs.add(outcome, amplified=False)
    return [hazard.message for hazard in runs.result().hazards]


def test_each_way_to_fail_is_counted_by_itself() -> None:
    passed = RunOutcome(CopyOutcome(0))
    assert messages(
        failed("ValueError", 3),
        failed("AssertionError", 9),
        failed("ValueError", 3),
        failed("ValueError", 5),
        passed,
    ) == [
        "fails in 2 of 5 runs with 2 threads: ValueError: in line 3",
        "fails in 1 of 5 runs with 2 threads: AssertionError: in line 9",
        "fails in 1 of 5 runs with 2 threads: ValueError: in line 5",
    ]


def test_a_hang_is_the_last_run() -> None:
    runs = Runs(Cell("free-running", threads=2), 20, "with 2 threads", float("inf"))
    runs.add(failed("ValueError", 3), amplified=False)
    assert not runs.must_stop()
    runs.add(RunOutcome(CopyOutcome(0, "timeout")), amplified=False)
    assert runs.must_stop()
