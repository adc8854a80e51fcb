"""``receiver_connected`` is made when somebody asks, without a lock: two get a signal each.

Reported: https://github.com/pallets-eco/blinker/issues/21
"""

import pytest
from blinker import Signal


@pytest.fixture
def opened():
    return Signal()


@pytest.mark.threadsafe
def test_somebody_wants_to_know(opened, concurrency):
    concurrency.run(lambda: opened.receiver_connected)
