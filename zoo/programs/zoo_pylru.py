"""The linked list of a ``lrucache`` is moved around without a lock.

Reported: https://github.com/jlhutch/pylru/issues/18
"""

import pylru
import pytest


@pytest.fixture
def prices():
    return pylru.lrucache(3)


@pytest.mark.threadsafe
def test_prices_are_kept(prices):
    prices["tea"] = 320
    prices.get("tea")
