"""``connect`` asks whether a table is there and makes it if not; what the other thread has
connected is in a table that nobody looks at any more.
"""

import pytest
from pydispatch import dispatcher


class Shop:
    def opened(self):
        pass

    def swept(self):
        pass


@pytest.mark.threadsafe
def test_two_connect(concurrency):
    shop = Shop()
    concurrency.run(
        [
            lambda: dispatcher.connect(shop.opened, "open", shop),
            lambda: dispatcher.connect(shop.swept, "open", shop),
        ]
    )
