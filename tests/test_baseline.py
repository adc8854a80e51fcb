"""The baseline: what is known stays known when lines move, and its file can be reviewed."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_concurrency.model import Hazard, Site, SiteUse
from pytest_concurrency.settings.baseline import Baseline, Place, clean, read, text_of

ROOT = Path("/home/me/shop")
TEST = "tests/test_cache.py::test_hits"


def site(line: int = 14, source: str = "self.hits += 1", path: str = "src/cache.py") -> Site:
    return Site(f"{ROOT}/{path}", line, 4, "Cache.get", source)


def lost(*lines: Site, kind: str = "lost-update", location: str = "Cache.hits") -> Hazard:
    first, *rest = lines or (site(),)
    uses = (SiteUse(first, 1, "read"), *(SiteUse(each, 1, "write") for each in rest))
    return Hazard(kind, "it is lost", location, uses, replay="c1abc")


def baseline(*hazards: Hazard, nodeid: str = TEST) -> Baseline:
    empty = Baseline(ROOT / "known.txt", ROOT)
    return replace(empty, known=empty.with_found([(nodeid, each) for each in hazards], set()))


def is_known(known: Baseline, hazard: Hazard, nodeid: str = "tests/test_other.py::test") -> bool:
    return known.accepts(nodeid)(hazard) is not None


def test_the_file(tmp_path: Path) -> None:
    failure = Hazard("crash", "its process died")
    known = baseline(lost(), lost(site(3, "self.a = 1"), site(), location="Cache.a"), failure).known
    text = text_of(known)
    assert text == (
        "# Concurrency hazards that are known: they do not fail a run, others do.\n"
        '# "pytest --concurrency-stress --concurrency-update-baseline" writes this file anew.\n'
        "baseline 1\n"
        "\n"
        "crash\n"
        "  in tests/test_cache.py::test_hits\n"
        "\n"
        "lost-update Cache.a\n"
        "  at src/cache.py, Cache.get: self.a = 1\n"
        "  at src/cache.py, Cache.get: self.hits += 1\n"
        "  in tests/test_cache.py::test_hits\n"
        "\n"
        "lost-update Cache.hits\n"
        "  at src/cache.py, Cache.get: self.hits += 1\n"
        "  in tests/test_cache.py::test_hits\n"
    )
    path = tmp_path / "known.txt"
    path.write_text(text)
    assert read(path) == known


def test_what_is_known_stays_known_when_lines_move_and_elsewhere() -> None:
    known = baseline(lost())
    assert is_known(known, lost(site(99)))
    relative = replace(site(), path="src/cache.py")
    assert is_known(known, lost(relative))


@pytest.mark.parametrize(
    "other",
    [
        lost(site(source="self.hits += 2")),
        lost(replace(site(), function="Cache.put")),
        lost(site(path="src/other.py")),
        lost(location="Cache.misses"),
        lost(kind="deadlock"),
        lost(site(), site(15, "self.misses += 1")),
    ],
)
def test_what_is_something_else_is_new(other: Hazard) -> None:
    assert not is_known(baseline(lost()), other)


def test_whoever_comes_in_between_may_be_another_one() -> None:
    def between(foreign: Site) -> Hazard:
        uses = (SiteUse(site(), 1, "read"), SiteUse(foreign, 2, "write"))
        return replace(lost(), sites=(*uses, SiteUse(site(), 1, "write")))

    assert is_known(baseline(between(site(7, "self.hits = 0"))), between(site()))


def test_packages_are_the_same_wherever_they_are_installed() -> None:
    def installed(folder: str) -> Hazard:
        return lost(Site(f"{folder}/lib/python3.11/site-packages/pyee/base.py", 3, 0, "emit", "x"))

    assert is_known(baseline(installed("/home/me/shop/.venv")), installed("/usr"))


def test_what_has_no_place_is_known_of_its_test_only() -> None:
    crash = Hazard("crash", "its process died")
    known = baseline(crash)
    assert is_known(known, crash, TEST)
    assert not is_known(known, crash)


def test_a_failure_is_known_by_the_lines_that_it_comes_from() -> None:
    known = baseline(lost(site(1, "a")), lost(site(2, "b")))
    assert is_known(known, lost(site(1, "a"), site(2, "b"), kind="test-failure"))
    assert not is_known(known, lost(site(1, "a"), site(3, "c"), kind="test-failure"))
    assert not is_known(known, lost(site(1, "a"), kind="test-failure", location="Cache.x"))
    assert not is_known(known, replace(lost(site(1, "a"), kind="test-failure"), location=""))


def test_a_failure_whose_place_is_borrowed_is_no_entry() -> None:
    borrowed = replace(lost(site(1, "a"), kind="test-failure", location="a and b"), replay="")
    assert not baseline(borrowed).known
    assert baseline(replace(borrowed, replay="c1abc")).known


def test_warnings_are_not_what_a_run_fails_by() -> None:
    assert not is_known(baseline(lost()), replace(lost(), severity="warning"))


def test_where_it_is_written_everything_is_known() -> None:
    assert is_known(replace(baseline(), is_updated=True), lost())


def test_what_tests_that_were_not_run_have_shown_is_kept() -> None:
    before = replace(baseline(lost()), known={**baseline(lost()).known})
    (place,) = before.known
    both = replace(before, known={place: {"a", "b"}})
    assert both.with_found([], {"a"}) == {place: {"b"}}
    assert both.with_found([], {"a", "b"}) == {}
    assert both.with_found([("c", lost())], {"a"}) == {place: {"b", "c"}}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", ":1: got '', expected 'baseline 1'"),
        ("# only\n", ":1: got '', expected 'baseline 1'"),
        ("baseline 2\n", ":1: got 'baseline 2', expected 'baseline 1'"),
        ("baseline 1\n\n<<<<<<< HEAD\n", ":3: got '<<<<<<< HEAD', expected a kind of hazard and"),
        ("baseline 1\n  in tests/x.py::y\n", ":2: got ' in tests/x.py::y', expected a kind"),
        ("baseline 1\ncrash\n  on x\n", ":3: got ' on x', expected a kind of hazard and"),
    ],
)
def test_a_corrupt_file_is_one_line(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "known.txt"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"known\.txt") as problem:
        read(path)
    assert told in str(problem.value)
    assert "\n" not in str(problem.value)


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "known.txt"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError, match=r"known\.txt is no text in UTF-8"):
        read(path)


words = st.text(max_size=20).map(clean).filter(lambda text: text and text == text.strip())


@given(st.dictionaries(st.tuples(words, st.frozensets(words)), st.sets(words)))
def test_what_is_written_is_read(entries: dict[tuple[str, frozenset[str]], set[str]]) -> None:
    known = {
        Place(f"lost-update {place}".rstrip(), tuple(sorted(lines))): tests
        for (place, lines), tests in entries.items()
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "known.txt"
        path.write_text(text_of(known), encoding="utf-8")
        assert read(path) == known
