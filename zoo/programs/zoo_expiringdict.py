"""``setdefault`` is that of ``OrderedDict``: it asks and sets by methods that lock one by one."""

import expiringdict
import pytest


class Shop:
    def __init__(self):
        self.baskets = expiringdict.ExpiringDict(max_len=10, max_age_seconds=60)

    def want(self, who, what):
        self.baskets.setdefault(who, []).append(what)


@pytest.fixture
def shop():
    return Shop()


@pytest.mark.threadsafe
def test_tea_is_wanted(shop):
    shop.want("ann", "tea")
