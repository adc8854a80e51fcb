"""Hazards that a test is marked to fail by: ``xfail(raises=...)``.

pytest compares what has ended the test with what the mark expects. That is ours, not the test's
own: what counts is what the test has raised in the executions that failed.
"""

from __future__ import annotations

import builtins

import pytest

from pytest_concurrency._pytest_compat import expected_error
from pytest_concurrency.model import Hazard, StressReport


def believe_xfail(item: pytest.Item, report: pytest.TestReport, found: StressReport) -> None:
    """Let the test be one that fails as expected if all its hazards have raised that."""
    expected = expected_error(item)
    if expected is None:
        return
    raises, reason = expected
    classes = raises if isinstance(raises, tuple) else (raises,)
    if all(_raised(hazard, classes) for hazard in found.hazards if hazard.is_error):
        report.outcome = "skipped"
        report.wasxfail = reason


def _raised(hazard: Hazard, classes: tuple[type[BaseException], ...]) -> bool:
    """Whether the test has raised one of ``classes``, as far as the exception's name tells."""
    name = hazard.symptom[1] if hazard.symptom is not None else ""
    known = getattr(builtins, name, None) if name else None
    is_below = isinstance(known, type) and issubclass(known, classes)
    return is_below or any(each.__name__ == name for each in classes)
