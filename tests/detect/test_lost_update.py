"""The pattern read, foreign write, write: with and without flow, on one location and on two."""

from __future__ import annotations

import pytest

from pytest_concurrency.detect.lost_update import LostUpdate, find_lost_update
from pytest_concurrency.detect.meeting import find_meeting
from pytest_concurrency.runtime.sites import SITES, InstrumentedSite, add_site

X, Y = 1, 2
"""Serial numbers of two objects."""


@pytest.fixture
def sites():
    """Numbers of a read, of a write that its value flows into, of one that it does not, and of
    ``|=``.
    """
    count = len(SITES)
    read = add_site(InstrumentedSite("m.py", 1, 0, "f", "read", "value", "C.value"))
    update = InstrumentedSite("m.py", 2, 0, "f", "write", "value", "C.value", frozenset({read}))
    blind = InstrumentedSite("m.py", 3, 0, "f", "write", "value", "C.value")
    union = InstrumentedSite(
        "m.py", 4, 0, "f", "write", "value", "C.value", frozenset({read}), True
    )
    yield read, add_site(update), add_site(blind), add_site(union)
    del SITES[count:]


def test_read_foreign_write_write(sites):
    read, update, *_ = sites
    log = [(1, read, X), (2, read, X), (2, update, X), (1, update, X)]
    assert find_lost_update(log, failed=False) == LostUpdate(0, 2, 3, True)


@pytest.mark.parametrize(
    "order",
    [
        [(1, "read"), (1, "update"), (2, "read"), (2, "update")],
        [(1, "read"), (2, "read"), (1, "read"), (1, "update")],
        [(1, "read"), (2, "update"), (1, "read"), (1, "update")],
    ],
    ids=["one after another", "nobody writes", "read again"],
)
def test_nothing_is_lost(sites, order):
    number = {"read": sites[0], "update": sites[1]}
    log = [(thread, number[what], X) for thread, what in order]
    assert find_lost_update(log, failed=True) is None


def test_other_objects_and_attributes_do_not_count(sites):
    read, update, *_ = sites
    log = [(1, read, X), (2, update, Y), (1, update, X)]
    assert find_lost_update(log, failed=True) is None


def test_without_flow_only_a_failure_is_evidence(sites):
    read, update, blind, _ = sites
    log = [(1, read, X), (2, update, X), (1, blind, X)]
    assert find_lost_update(log, failed=False) is None
    assert find_lost_update(log, failed=True) == LostUpdate(0, 1, 2, False)


def test_known_flow_is_preferred(sites):
    read, update, blind, _ = sites
    log = [(1, read, X), (2, update, X), (1, blind, X)]
    log += [(1, read, Y), (2, update, Y), (1, update, Y)]
    found = find_lost_update(log, failed=True)
    assert found is not None
    assert found.flows
    assert found.read == 3


def test_setting_the_same_bit_twice_loses_nothing(sites):
    read, update, _, union = sites
    both = [(1, read, X), (2, read, X), (2, union, X), (1, union, X)]
    assert find_lost_update(both, failed=False) is None
    mixed = [(1, read, X), (2, read, X), (2, update, X), (1, union, X)]
    assert find_lost_update(mixed, failed=False) is not None


def test_items_differ_by_key(sites):
    read, update, *_ = sites
    same = [(1, read, X, "k"), (2, update, X, "k"), (1, update, X, "k")]
    other = [(1, read, X, "k"), (2, update, X, "other"), (1, update, X, "k")]
    assert find_lost_update(same, failed=False) is not None
    assert find_lost_update(other, failed=True) is None


def test_meeting_prefers_a_stale_read(sites):
    read, update, *_ = sites
    log = [(1, read, X), (2, update, X), (2, update, Y), (1, update, Y)]
    assert find_meeting(log) == (0, 1)


def test_main_thread_before_and_after_meets_nobody(sites):
    read, update, *_ = sites
    log = [(0, update, X), (1, read, X), (2, read, X), (0, update, X)]
    assert find_meeting(log) is None


def test_two_writes_meet(sites):
    _, _, blind, _ = sites
    assert find_meeting([(1, blind, X), (2, blind, X)]) == (0, 1)
    assert find_meeting([(1, blind, X), (2, blind, Y)]) is None
