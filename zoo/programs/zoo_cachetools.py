"""``LRUCache`` keeps its sizes and its order by several steps, and has no lock.

Reported: https://github.com/tkem/cachetools/issues/80, 115, 288.
"""

import cachetools
import pytest


@pytest.fixture
def prices():
    return cachetools.LRUCache(maxsize=2)


@pytest.mark.threadsafe
def test_prices_are_kept(prices):
    prices["tea"] = 320
    prices.get("tea")
