"""A stress report as properties of a test in junit XML: strings and numbers only."""

from __future__ import annotations

from pytest_concurrency.model import StressReport
from pytest_concurrency.report.causes import causes_of
from pytest_concurrency.report.wording import headline

PREFIX = "concurrency_"


def user_properties(report: StressReport) -> list[tuple[str, str | int | float]]:
    """List what ``item.user_properties`` gets: each cause once, numbered from 1, none that is
    accepted.
    """
    found = [cause.hazard for cause in causes_of([report]) if cause.hazard.accepted is None]
    properties: list[tuple[str, str | int | float]] = [
        ("outcome", report.outcome),
        ("isolation", report.isolation.verdict),
        ("schedules", report.schedules),
        ("hazards", len(found)),
        ("seconds", round(report.seconds, 3)),
        ("seed", report.seed),
        ("reason", report.reason),
    ]
    for number, hazard in enumerate(found, start=1):
        properties.append((f"hazard_{number}", headline(hazard)))
        properties.append((f"replay_{number}", hazard.replay))
    return [(PREFIX + name, value) for name, value in properties if value != ""]
