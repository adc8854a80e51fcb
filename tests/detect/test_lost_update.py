"""The pattern read, foreign write, write: with and without flow, on one location and on two."""

from __future__ import annotations

from dataclasses import replace

import pytest
from event_logs import log_of

from pytest_concurrency.detect.lost_update import LostUpdate, find_lost_update
from pytest_concurrency.runtime.trace.sites import SITES, InstrumentedSite, add_site

X, Y = 1, 2
"""Serial numbers of two objects."""


@pytest.fixture
def sites():
    """Numbers of a read that is given away, of a write that its value flows into, of one of which
    that is not known, and of one that nothing comes into from elsewhere.
    """
    count = len(SITES)
    place = ("value", "C.value")
    read = add_site(InstrumentedSite("m.py", 1, 0, "f", "read", *place, is_given_away=True))
    update = InstrumentedSite("m.py", 2, 0, "f", "write", *place, frozenset({read}))
    blind = InstrumentedSite("m.py", 3, 0, "f", "write", *place, is_given=True)
    constant = InstrumentedSite("m.py", 4, 0, "f", "write", *place)
    yield read, add_site(update), add_site(blind), add_site(constant)
    del SITES[count:]


def test_read_foreign_write_write(sites):
    read, update, *_ = sites
    log = log_of((1, read, X), (2, read, X), (2, update, X), (1, update, X))
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
    log = log_of(*[(thread, number[what], X) for thread, what in order])
    assert find_lost_update(log, failed=True) is None


def test_other_objects_and_attributes_do_not_count(sites):
    read, update, *_ = sites
    log = log_of((1, read, X), (2, update, Y), (1, update, X))
    assert find_lost_update(log, failed=True) is None


def test_without_flow_only_a_failure_is_evidence(sites):
    read, update, blind, _ = sites
    log = log_of((1, read, X), (2, update, X), (1, blind, X))
    assert find_lost_update(log, failed=False) is None
    assert find_lost_update(log, failed=True) == LostUpdate(0, 1, 2, False)


def test_known_flow_is_preferred(sites):
    read, update, blind, _ = sites
    log = log_of((1, read, X), (2, update, X), (1, blind, X))
    log += log_of((1, read, Y), (2, update, Y), (1, update, Y))
    found = find_lost_update(log, failed=True)
    assert found is not None
    assert found.flows
    assert found.read == 3


def test_what_comes_from_nowhere_overwrites_by_no_mistake(sites):
    read, update, _, constant = sites
    log = log_of((1, read, X), (2, update, X), (1, constant, X))
    assert find_lost_update(log, failed=True) is None


def test_what_only_decides_is_in_no_value(sites):
    read, update, blind, _ = sites
    SITES[read] = replace(SITES[read], is_given_away=False)
    log = log_of((1, read, X), (2, update, X), (1, blind, X))
    assert find_lost_update(log, failed=True) is None


def test_a_later_execution_of_the_read_counts(sites):
    """``copy(p, q); copy(r, p)``: what was read of ``p`` is not in what is written there."""
    read, update, *_ = sites
    log = log_of((1, read, X), (1, update, Y), (2, update, X), (1, read, Y), (1, update, X))
    assert find_lost_update(log, failed=False) is None


def test_compare_and_set(sites):
    """What was read before is written only if it is found there again."""
    read, update, *_ = sites
    again = add_site(InstrumentedSite("m.py", 5, 0, "f", "read", "value", "C.value"))
    log = log_of((1, read, X), (2, update, X), (1, again, X), (1, update, X))
    assert find_lost_update(log, failed=False) is not None
    pair = (frozenset({read}), frozenset({again}))
    SITES[update] = replace(SITES[update], compared=frozenset({pair}))
    assert find_lost_update(log, failed=False) is None
    too_early = log_of((1, read, X), (1, again, X), (2, update, X), (1, update, X))
    assert find_lost_update(too_early, failed=False) is not None


def test_items_differ_by_key(sites):
    read, update, *_ = sites
    same = log_of((1, read, X, "k"), (2, update, X, "k"), (1, update, X, "k"))
    other = log_of((1, read, X, "k"), (2, update, X, "other"), (1, update, X, "k"))
    assert find_lost_update(same, failed=False) is not None
    assert find_lost_update(other, failed=True) is None
