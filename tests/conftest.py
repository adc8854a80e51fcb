"""What the tests share."""

from __future__ import annotations

import pytest

NEIGHBOURS_OFF = "-p no:asyncio -p no:randomly -p no:run-parallel"


@pytest.fixture
def pytester(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Inner runs meet other plugins only where a test asks for them (``monkeypatch.delenv``)."""
    monkeypatch.setenv("PYTEST_ADDOPTS", NEIGHBOURS_OFF)
    return pytester
