"""An insertion reads the whole table, and writes it back.

Reported: https://github.com/msiemens/tinydb/issues/91, 176, 450.
"""

import pytest
import tinydb
from tinydb.storages import MemoryStorage


@pytest.fixture
def table():
    return tinydb.TinyDB(storage=MemoryStorage).table("prices")


@pytest.mark.threadsafe
def test_insert(table, concurrency):
    concurrency.run(lambda: table.insert({"tea": 320}))
