"""The value of a ``cached_property`` is made without a lock: two threads have a value each.

Reported: https://github.com/pydanny/cached-property/issues/6
"""

import pytest
from cached_property import cached_property


class Shop:
    @cached_property
    def stock(self):
        return []

    def take_in(self, what):
        self.stock.append(what)


@pytest.fixture
def shop():
    return Shop()


@pytest.mark.threadsafe
def test_tea_comes_in(shop):
    shop.take_in("tea")
