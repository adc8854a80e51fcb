"""What time was given last is asked and noted without a lock: two get the same.

Reported: https://github.com/oittaa/uuid6-python/issues/61
"""

import pytest
import uuid6


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """A clock that does not move between two calls, as that of some systems."""
    monkeypatch.setattr(uuid6.time, "time_ns", lambda: 1_600_000_000_000_000_000)
    uuid6.uuid7()


@pytest.mark.threadsafe
def test_names_are_given(concurrency):
    concurrency.run(uuid6.uuid7)
