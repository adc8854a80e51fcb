"""``clear`` empties the cache by several steps under a lock which ``get`` does not take.

Reported: https://github.com/repoze/repoze.lru/issues/6
"""

import pytest
from repoze.lru import LRUCache


@pytest.fixture
def prices():
    prices = LRUCache(2)
    prices.put("tea", 320)
    return prices


@pytest.mark.threadsafe
def test_cleared_while_somebody_asks(prices, concurrency):
    concurrency.run([lambda: prices.get("tea"), prices.clear])
