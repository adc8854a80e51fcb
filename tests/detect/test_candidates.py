"""Which pairs of sites may be a pattern: all that any order of events shows, and not all pairs."""

from __future__ import annotations

import pytest
from event_logs import log_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_concurrency.detect.atomicity.candidates import candidates
from pytest_concurrency.detect.atomicity.check_then_act import acted_late, sites_of
from pytest_concurrency.detect.lost_update import lost_updates
from pytest_concurrency.detect.observation import Execution, Observation
from pytest_concurrency.kinds import ATOMICITY_VIOLATION
from pytest_concurrency.runtime.trace.event import site_number
from pytest_concurrency.runtime.trace.sites import SITES, InstrumentedSite, add_site


@pytest.fixture
def sites():
    """Numbers of two reads, of which the second is given away; of a write that the first flows
    into, of one that comes from elsewhere, and of a constant that is written.
    """
    count = len(SITES)
    place = ("value", "C.value")
    read = add_site(InstrumentedSite("m.py", 1, 0, "f", "read", *place))
    given_away = InstrumentedSite("m.py", 2, 0, "f", "read", *place, is_given_away=True)
    update = InstrumentedSite("m.py", 3, 0, "f", "write", *place, frozenset({read}))
    blind = InstrumentedSite("m.py", 4, 0, "f", "write", *place, is_given=True)
    constant = InstrumentedSite("m.py", 5, 0, "f", "write", *place)
    yield read, *map(add_site, (given_away, update, blind, constant))
    del SITES[count:]
    candidates.cache_clear()  # other sites will have these numbers


def _observation(log):
    return Observation(Execution("", (), 0, len(log), log, 3, (), (), 0))


EVENTS = st.lists(st.tuples(st.integers(1, 3), st.integers(0, 4), st.integers(1, 2)), max_size=14)


@given(events=EVENTS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_no_execution_shows_others(sites, events):
    log = log_of(*[(thread, sites[each], obj) for thread, each, obj in events])
    observation = _observation(log)
    updates, decisions = candidates(observation.done)
    shown = {(site_number(log[u.read]), site_number(log[u.write])) for u in lost_updates(log)}
    assert shown <= updates
    late = {sites_of(log, found) for found in acted_late(log, observation.touched)}
    flowing = {(read, write) for read, write in late if read in SITES[write].flows}
    assert {(ATOMICITY_VIOLATION, *pair) for pair in late - flowing} <= decisions


def test_what_the_source_rules_out_is_none(sites):
    read, given_away, update, blind, constant = sites
    log = log_of(*[(1, each, 1) for each in sites])
    updates, decisions = candidates(_observation(log).done)
    assert updates == {(read, update), (given_away, blind)}
    decided = {(r, w) for r in (read, given_away) for w in (update, blind, constant)}
    assert decisions == {(ATOMICITY_VIOLATION, *pair) for pair in decided - {(read, update)}}


def test_what_is_not_done_is_none(sites):
    read, _, update, *_ = sites
    only_written = log_of((1, update, 1), (2, update, 1))
    assert not any(candidates(_observation(only_written).done))
    only_read = log_of((1, read, 1), (2, read, 1))
    assert not any(candidates(_observation(only_read).done))
