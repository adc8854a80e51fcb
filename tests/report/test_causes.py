"""Findings are grouped by what they come from, over cells and tests."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_samples import (
    DEADLOCK,
    FREE_FAILURE,
    LOST_UPDATE,
    patient,
    report,
    reports,
    session,
)

from pytest_concurrency.model import Accepted, Hazard, Site, SiteUse, StressReport
from pytest_concurrency.report.causes import Cause, causes_of

RAISED = ("test-failure", "KeyError", "/home/me/src/cache.py", 12)
RAISING = Site("src/cache.py", 12, 0, "Cache.get", "return self.data[key]")
FAILS = Hazard(
    "test-failure", "fails", sites=(SiteUse(RAISING, 0, "call"),), symptom=RAISED, replay="c1f"
)
FREELY = replace(FAILS, replay="", failures=3)


def named(name: str, *hazards: Hazard, free: tuple[Hazard, ...] = ()) -> StressReport:
    return report(*hazards, free=free, nodeid=f"test_a.py::{name}")


def told(found: list[Cause]) -> list[tuple[str, list[str]]]:
    return [
        (cause.hazard.kind, [each.nodeid.rpartition("::")[2] for each in cause.tests])
        for cause in found
    ]


def test_tests_and_cells_that_show_the_same_are_one_cause() -> None:
    four = replace(LOST_UPDATE, threads=4, replay="c1four")
    found = causes_of([named("one", four, free=(replace(four, replay=""),)), named("two", four)])
    assert told(found) == [("lost-update", ["one", "two"])]
    assert len(found[0].sightings) == 3


def test_the_best_evidence_may_be_another_tests() -> None:
    four = replace(LOST_UPDATE, threads=4, replay="c1four")
    (cause,) = causes_of([named("one", four), named("two", LOST_UPDATE)])
    assert cause.best.report.nodeid == "test_a.py::two"
    assert told([cause]) == [("lost-update", ["one", "two"])]


def test_whoever_comes_in_between_makes_no_other_cause() -> None:
    read, foreign, write = LOST_UPDATE.sites
    elsewhere = replace(foreign, site=Site("src/reset.py", 3))
    other = replace(LOST_UPDATE, sites=(read, elsewhere, write))
    assert len(causes_of([named("one", LOST_UPDATE, other)])) == 1


def test_other_locations_lines_and_kinds_are_other_causes() -> None:
    read, foreign, _ = LOST_UPDATE.sites
    late = SiteUse(Site("src/counter.py", 99), 1, "write")
    others = (
        replace(LOST_UPDATE, location="Counter.other"),
        replace(LOST_UPDATE, sites=(read, foreign, late)),
        replace(LOST_UPDATE, kind="stale-read"),
    )
    assert len(causes_of([named("one", LOST_UPDATE, *others)])) == 4


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("Shelf.left['tea']", "Shelf.left['milk']", True),
        ("cache[(1, 'a]b')]", "cache[(2, '')]", True),
        ("rows[0]['n']", "rows[17]['m']", True),
        ("rows[0]", "rows", False),
        ("Shelf.left['tea']", "Shelf.right['tea']", False),
        ("Shelf.left['tea'] and Shelf.sold", "Shelf.left['tea'] and Shelf.spoilt", False),
    ],
)
def test_the_key_is_no_other_cause(one: str, other: str, is_same: bool) -> None:
    found = causes_of(
        named(name, replace(LOST_UPDATE, location=location))
        for name, location in (("one", one), ("two", other))
    )
    assert len(found) == 2 - is_same
    assert found[0].has_other_keys == is_same


def test_a_failure_belongs_to_what_is_at_its_place() -> None:
    blamed = replace(LOST_UPDATE, kind="test-failure", replay="c1b", symptom=RAISED)
    assert told(causes_of([named("one", blamed), named("two", LOST_UPDATE)])) == [
        ("lost-update", ["one", "two"])
    ]


def test_a_failure_belongs_to_what_fails_in_the_same_line() -> None:
    explained = replace(LOST_UPDATE, symptom=RAISED)
    found = causes_of([named("one", explained, free=(FREELY,))])
    assert told(found) == [("lost-update", ["one"])]
    found = causes_of([named("one[a]", free=(FREELY,)), named("one[b]", explained)])
    assert told(found) == [("lost-update", ["one[a]", "one[b]"])]
    alone = causes_of([named("one", FAILS), named("two", free=(FREELY,))])
    assert told(alone) == [("test-failure", ["one", "two"])]


def test_another_test_may_fail_in_the_same_line_by_something_else() -> None:
    explained = replace(LOST_UPDATE, symptom=RAISED)  # a line that many things end in
    found = causes_of([named("one", free=(FREELY,)), named("two", explained)])
    assert told(found) == [("test-failure", ["one"]), ("lost-update", ["two"])]
    read, foreign, write = LOST_UPDATE.sites
    at_it = replace(explained, sites=(read, foreign, replace(write, site=RAISING)))
    found = causes_of([named("one", free=(FREELY,)), named("two", at_it)])
    assert told(found) == [("lost-update", ["one", "two"])]


def test_what_is_only_seen_belongs_to_what_was_executed_in_the_same_test() -> None:
    assert len(causes_of([named("one", LOST_UPDATE, free=(FREE_FAILURE,))])) == 1
    assert len(causes_of([named("one", LOST_UPDATE), named("two", free=(FREE_FAILURE,))])) == 2
    unsure = replace(LOST_UPDATE, replay="")
    assert len(causes_of([named("one", unsure, free=(FREE_FAILURE,))])) == 2


def test_a_failure_whose_place_is_that_of_several_belongs_to_one_of_them() -> None:
    explained = replace(LOST_UPDATE, symptom=RAISED)
    several = replace(explained.sites[0], site=Site("src/more.py", 1))
    borrowed = replace(FREELY, location="Counter.value", sites=(*LOST_UPDATE.sites, several))
    assert told(causes_of([named("one", explained, free=(borrowed,))])) == [
        ("lost-update", ["one"])
    ]


def test_what_has_no_place_is_each_tests_own() -> None:
    crash = Hazard("crash", "its process died")
    assert len(causes_of([named("one", crash), named("two", crash)])) == 2


def test_what_is_accepted_or_no_error_stands_for_itself_and_comes_last() -> None:
    accepted = replace(LOST_UPDATE, accepted=Accepted("lost-update: x", "x"))
    note = replace(DEADLOCK, severity="note")
    found = causes_of([named("one", accepted, note, free=(FREE_FAILURE,)), named("two", DEADLOCK)])
    assert [(cause.number, cause.hazard.kind) for cause in found] == [
        (1, "test-failure"),
        (2, "deadlock"),
        (0, "deadlock"),
        (0, "lost-update"),
    ]


def test_numbers_follow_the_tests() -> None:
    found = causes_of([named("one", LOST_UPDATE), named("two", DEADLOCK, LOST_UPDATE)])
    assert [(cause.number, cause.hazard.kind) for cause in found] == [
        (1, "lost-update"),
        (2, "deadlock"),
    ]


def test_a_cause_is_told_in_the_first_test_that_shows_it_as_its_failure() -> None:
    ungated = report(LOST_UPDATE, nodeid="test_a.py::zero", gated=False)
    causes = session(ungated, named("one", LOST_UPDATE), named("two", LOST_UPDATE, DEADLOCK))
    lost, deadlock = causes.found
    assert causes.told_in(lost) == "test_a.py::one"
    assert causes.told_in(deadlock) == "test_a.py::two"
    assert [cause.number for cause in causes.of("test_a.py::two")] == [1, 2]
    alone = session(ungated)
    assert alone.told_in(alone.found[0]) == ""


@patient
@given(st.lists(reports, max_size=3))
def test_nothing_is_lost(some: list[StressReport]) -> None:
    found = causes_of(some)
    assert sum(len(cause.sightings) for cause in found) == sum(len(each.hazards) for each in some)
    assert [cause.number for cause in found if cause.number] == [
        *range(1, 1 + sum(cause.hazard.is_error for cause in found))
    ]
