"""A listener of ``once`` removes itself when it is called; called twice, it is not there any more.

Reported: https://github.com/jfhbrook/pyee/issues/76
"""

import pytest
from pyee import EventEmitter


@pytest.fixture
def shop():
    shop = EventEmitter()
    shop.once("open", lambda: None)
    return shop


@pytest.mark.threadsafe
def test_it_opens(shop):
    shop.emit("open")
