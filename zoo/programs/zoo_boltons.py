"""Operations of an ``LRU`` hold its lock; the count of misses in ``get`` does not.

Compare https://github.com/mahmoud/boltons/issues/52, after which the lock came.
"""

import pytest
from boltons.cacheutils import LRU


@pytest.fixture
def prices():
    return LRU(max_size=2)


@pytest.mark.threadsafe
def test_there_is_no_price(prices):
    prices.get("tea")
