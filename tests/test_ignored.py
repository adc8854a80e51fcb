"""Patterns of hazards that may stay: what they mean, and what is said of bad ones."""

from __future__ import annotations

import pytest

from pytest_concurrency.kinds import KINDS
from pytest_concurrency.model import Cell, CellResult, Hazard, Ignored, Site, SiteUse
from pytest_concurrency.settings.ignored import by_patterns, marked, matches, parse

READ = Site("/home/me/shop/src/cache.py", 14, 4, "Cache.get", "self.hits += 1")
OTHER = Site("/home/me/shop/src/stats.py", 3, 4, "reset.<locals>.inner", "cache.hits = 0")
LOST = Hazard(
    "lost-update",
    "it is lost",
    "Cache.hits",
    (SiteUse(READ, 1, "read"), SiteUse(OTHER, 2, "write"), SiteUse(READ, 1, "write")),
)
FAILURE = Hazard("test-failure", "fails", "Cache.hits", (SiteUse(READ, 1, "read"),))
NOWHERE = Hazard("test-failure", "fails")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("lost-update Cache.hits: statistics only", ("lost-update", "Cache.hits", "")),
        ("lost-update Cache.hits at cache.py: x", ("lost-update", "Cache.hits", "cache.py")),
        ("deadlock at cache.py:14: x", ("deadlock", "", "cache.py:14")),
        ("deadlock: x: y", ("deadlock", "", "")),
        ("* file 'a b.txt': x", ("*", "file 'a b.txt'", "")),
        ("  lost-update  at Cache.get:\n  x  ", ("lost-update", "", "Cache.get")),
        ("lost-update table['at me']: x", ("lost-update", "table['at me']", "")),
    ],
)
def test_what_is_written_is_what_is_read(text: str, parts: tuple[str, str, str]) -> None:
    found = parse(text)
    assert (found.kind, found.location, found.site) == parts
    assert found.reason in ("statistics only", "x", "x: y")


@pytest.mark.parametrize(
    "text", ["", "lost-update", "lost-update Cache.hits", "lost-update Cache.hits:", 7, None]
)
def test_a_pattern_needs_its_reason(text: object) -> None:
    with pytest.raises(ValueError, match=r'^"KIND LOCATION: REASON", as in "lost-update'):
        parse(text)


def test_an_unknown_kind_is_told_with_those_there_are() -> None:
    with pytest.raises(ValueError, match="a kind as its first word: ") as told:
        parse("lost-updates Cache.hits: x")
    assert all(kind in str(told.value) for kind in KINDS)


@pytest.mark.parametrize(
    "text",
    [
        "lost-update",
        "*",
        "lost-update Cache.hits",
        "lost-update *.hits",
        "* Cache.*",
        "lost-update Cache.hits at cache.py",
        "lost-update at src/cache.py",
        "lost-update at cache.py:14",
        "lost-update at Cache.get",
        "lost-update at get",
        "lost-update at stats.py",
        "lost-update at inner",
        "lost-update at */shop/*",
    ],
)
def test_what_a_pattern_means(text: str) -> None:
    assert matches(parse(f"{text}: it may"), LOST)


@pytest.mark.parametrize(
    "text",
    [
        "deadlock",
        "lost-update Cache.misses",
        "lost-update Cache.hit",
        "lost-update Cache",
        "lost-update Cache.hits at ache.py",
        "lost-update at cache.py:15",
        "lost-update at et",
        "deadlock Cache.hits",
    ],
)
def test_what_it_does_not_mean(text: str) -> None:
    assert not matches(parse(f"{text}: it may"), LOST)


def test_brackets_are_brackets() -> None:
    item = Hazard("lost-update", "", "table['a']")
    assert matches(parse("lost-update table['a']: x"), item)
    assert matches(parse("lost-update table[*]: x"), item)
    assert not matches(parse("lost-update table['a']: x"), Hazard("lost-update", "", "tablea"))


def test_a_failure_is_accepted_with_the_place_that_it_comes_from() -> None:
    assert matches(parse("lost-update Cache.hits: x"), FAILURE)
    assert not matches(parse("lost-update: x"), FAILURE)
    assert not matches(parse("lost-update Cache.misses: x"), FAILURE)
    assert not matches(parse("lost-update *: x"), NOWHERE)
    assert matches(parse("test-failure: x"), NOWHERE)


def test_a_cell_is_clean_where_all_that_it_shows_may_stay() -> None:
    accepts = by_patterns([parse("lost-update Cache.*: first"), parse("deadlock: second")])
    result = CellResult(Cell("explored", 2), "hazard", 9, hazards=(LOST, NOWHERE))
    found = marked(result, accepts)
    assert found.outcome == "hazard"
    assert [each.is_error for each in found.hazards] == [False, True]
    assert found.hazards[0].accepted is not None
    assert found.hazards[0].accepted.by == "lost-update Cache.*: first"
    assert marked(CellResult(Cell("serial"), "hazard", hazards=(LOST,)), accepts).outcome == "clean"
    assert marked(CellResult(Cell("serial"), "error"), accepts).outcome == "error"


def test_a_warning_alone_leaves_a_cell_clean() -> None:
    note = Hazard("data-race", "", severity="note")
    result = CellResult(Cell("explored", 2), "hazard", 9, hazards=(note,))
    assert marked(result, by_patterns(())).outcome == "clean"


def test_patterns_are_values() -> None:
    assert parse("deadlock: x") == Ignored("deadlock: x", "deadlock", "", "", "x")
