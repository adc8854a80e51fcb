"""Who holds the write lock may read, too, unless another writer is waiting: then both wait.

Reported: https://github.com/harlowja/fasteners/issues/86
"""

import fasteners
import pytest


@pytest.fixture
def lock():
    return fasteners.ReaderWriterLock()


@pytest.mark.threadsafe
def test_writers_read(lock):
    with lock.write_lock(), lock.read_lock():
        pass
