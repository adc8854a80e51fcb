from __future__ import annotations

from hypothesis import given
from report_samples import LOST_UPDATE, patient, report, reports

from pytest_concurrency.model import Hazard, StressReport
from pytest_concurrency.report.junit import user_properties

CRASH = Hazard("crash", "its process died")


def test_properties() -> None:
    assert user_properties(report(LOST_UPDATE, free=(CRASH,))) == [
        ("concurrency_outcome", "failed"),
        ("concurrency_isolation", "hidden"),
        ("concurrency_schedules", 242),
        ("concurrency_hazards", 2),
        ("concurrency_seconds", 0.61),
        ("concurrency_seed", "5f3a"),
        (
            "concurrency_hazard_1",
            "lost update on Counter.value (src/counter.py:7 and src/counter.py:8)",
        ),
        ("concurrency_replay_1", "c1.2T.1a2-9f3e"),
        (
            "concurrency_hazard_2",
            "crash: its process died",
        ),
    ]


def test_a_test_that_was_not_stressed_says_why() -> None:
    skipped = StressReport("a.py::test_x", True, "skipped", reason="it uses capsys")
    assert ("concurrency_reason", "it uses capsys") in user_properties(skipped)


@patient
@given(reports)
def test_only_strings_and_numbers(stressed: StressReport) -> None:
    for name, value in user_properties(stressed):
        assert name.startswith("concurrency_")
        assert type(value) in (str, int, float)
