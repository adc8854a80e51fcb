"""Which accesses of an execution conflict."""

from __future__ import annotations

import pytest
from event_logs import log_of

from pytest_concurrency.detect.conflicts import conflicts_of
from pytest_concurrency.runtime.trace.resource import WHOLE
from pytest_concurrency.runtime.trace.sites import SITES, InstrumentedSite, add_site

X, Y = 1, 2
"""Serial numbers of two objects."""


@pytest.fixture
def sites():
    """Numbers of a read and of a write."""
    count = len(SITES)
    yield [
        add_site(InstrumentedSite("m.py", 1, 0, "f", op, "value", "C.value"))
        for op in ("read", "write")
    ]
    del SITES[count:]


def test_a_read_and_the_write_that_makes_it_stale(sites):
    read, write = sites
    log = log_of((1, read, X), (2, read, X), (2, write, X), (2, write, Y), (1, write, X))
    assert conflicts_of(log) == [(0, 2), (2, 4)]


def test_the_main_thread_before_and_after_conflicts_with_nobody(sites):
    read, write = sites
    assert not conflicts_of(log_of((0, write, X), (1, read, X), (2, read, X), (0, write, X)))


def test_all_conflicts_are_those_of_the_main_thread_too(sites):
    read, write = sites
    log = log_of((0, write, X), (1, read, X), (0, write, X))
    assert conflicts_of(log, all_of_them=True) == [(0, 1), (1, 2)]


def test_who_tries_a_lock_or_asks_conflicts_with_its_holder(sites):
    site = sites[0]
    log = [(1, site, X, "", op) for op in ("acquire", "release")]
    others = [(2, site, X, "", op) for op in ("acquire", "try", "read", "release")]
    found = [conflicts_of([*log, other], all_of_them=True) for other in others]
    assert found == [[], [(1, 2)], [(1, 2)], []]
    assert not conflicts_of([*log, others[1]])


def test_two_writes(sites):
    _, write = sites
    assert conflicts_of(log_of((1, write, X), (2, write, X))) == [(0, 1)]
    assert not conflicts_of(log_of((1, write, X), (2, write, Y)))
    assert not conflicts_of(log_of((1, write, X), (1, write, X)))


def test_a_container_as_a_whole_is_all_its_items(sites):
    read, write = sites
    assert conflicts_of(log_of((1, read, X, WHOLE), (2, write, X, 7))) == [(0, 1)]
    assert conflicts_of(log_of((1, write, X, 7), (2, read, X, WHOLE))) == [(0, 1)]
    assert not conflicts_of(log_of((1, write, X, 7), (2, write, X, 8)))


def test_of_a_loop_the_first_step_counts(sites):
    read, write = sites
    log = log_of((1, read, X, WHOLE), (1, read, X, WHOLE), (2, write, X, 7))
    assert conflicts_of(log) == [(0, 2)]
