"""One test for each answer to "what would processes instead of threads change?"."""

from pathlib import Path

import pytest
from tally import FileCounter, MemoryCounter, ThreadLockedFileCounter

VISITORS = 5


def let_in(counter):
    for _ in range(VISITORS):
        counter.increment()


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "visitors.txt"


@pytest.mark.threadsafe
def test_hidden_counter_in_memory(concurrency):
    counter = MemoryCounter()
    concurrency.run(counter.increment)
    assert counter.value == concurrency.count


@pytest.mark.threadsafe
def test_exposed_file_counter_with_a_thread_lock(concurrency, path):
    counter = ThreadLockedFileCounter(path)
    concurrency.run(lambda: let_in(counter))
    assert counter.value == concurrency.count * VISITORS


@pytest.mark.threadsafe
def test_persists_file_counter_without_a_lock(concurrency, path):
    counter = FileCounter(path)
    concurrency.run(lambda: let_in(counter))
    assert counter.value == concurrency.count * VISITORS


@pytest.mark.threadsafe
def test_clean_file_counter_with_both_locks(concurrency, path):
    pytest.importorskip("fcntl")
    from tally.shared import SharedFileCounter

    counter = SharedFileCounter(path)
    concurrency.run(lambda: let_in(counter))
    assert counter.value == concurrency.count * VISITORS
