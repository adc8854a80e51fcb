from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_samples import LOST_UPDATE_TIMELINE, READ, anything, patient, step

from pytest_concurrency.model import Access, Site
from pytest_concurrency.report.page import Page, columns, plain
from pytest_concurrency.report.timeline import only_path, shorten, timeline_lines
from pytest_concurrency.report.wording import shortest_names


def test_two_columns() -> None:
    assert plain(timeline_lines(LOST_UPDATE_TIMELINE, Page())).splitlines() == [
        "  thread 1                   │ thread 2",
        "  ───────────────────────────┼───────────────────────────",
        "> 7 read Counter.value -> 0  │",
        "                             │ 7 read Counter.value -> 0",
        ">                            │ 8 write Counter.value <- 1",
        "> 8 write Counter.value <- 1 │",
    ]


def test_only_the_highlighted_step_is_coloured() -> None:
    steps = timeline_lines(LOST_UPDATE_TIMELINE, Page())[2:]
    red = [[span.text.strip() for span in each.spans if "red" in span.markup] for each in steps]
    assert red == [
        [">", "7 read Counter.value -> 0"],
        [],
        [">", "8 write Counter.value <- 1"],
        [">", "8 write Counter.value <- 1"],
    ]


def test_ascii() -> None:
    text = plain(timeline_lines(LOST_UPDATE_TIMELINE, Page(encoding="ascii")))
    assert text.isascii()
    assert "> 7 read Counter.value -> 0  |" in text


def test_the_main_thread_and_processes_have_names() -> None:
    assert "main thread" in plain(timeline_lines([step(0), step(1)], Page()))
    assert "process 2" in plain(timeline_lines([step(1), step(2)], Page(), kind="processes"))


def test_a_narrow_page_drops_the_owner_of_an_attribute_first() -> None:
    text = plain(timeline_lines(LOST_UPDATE_TIMELINE, Page(46)))
    assert "> 8 write value <- 1 │" in text
    assert "Counter" not in text


def test_locations_that_would_look_alike_keep_their_owner() -> None:
    locations = ("FirstCounter.value", "SecondCounter.value")
    steps = [step(1 + i, location=location) for i, location in enumerate(locations)]
    text = plain(timeline_lines(steps, Page(62)))
    assert "…stCounter.value" in text
    assert "…ndCounter.value" in text


def test_several_files_are_named_as_shortly_as_they_differ() -> None:
    steps = [step(1, site=Site("src/a/models.py", 7)), step(2, site=Site("src/b/models.py", 100))]
    text = plain(timeline_lines(steps, Page(100)))
    assert "  a/models.py:7   read" in text
    assert "│ b/models.py:100 read" in text
    assert only_path(steps) == ""
    assert only_path(steps[:1]) == "src/a/models.py"


def test_a_package_is_named_by_its_folder() -> None:
    assert shortest_names(["src/pets/__init__.py"]) == {"src/pets/__init__.py": "pets/__init__.py"}
    both = ["src/pets/__init__.py", "src/pets/cat.py"]
    assert list(shortest_names(both).values()) == ["pets/__init__.py", "cat.py"]


@pytest.mark.parametrize(("threads", "width"), [(5, 100), (3, 44)])
def test_one_column_with_a_prefix_where_columns_do_not_fit(threads: int, width: int) -> None:
    steps = [step(thread, highlighted=thread == 2) for thread in range(1, threads + 1)]
    lines = plain(timeline_lines(steps, Page(width))).splitlines()
    assert lines[:2] == [
        "  thread 1  7 read Counter.value -> 0",
        "> thread 2  7 read Counter.value -> 0",
    ]
    assert len(lines) == threads


def test_a_long_timeline_keeps_the_neighbourhood_of_what_matters() -> None:
    steps = [step(1 + i % 2, highlighted=i in (30, 34)) for i in range(60)]
    rows = shorten(steps, 20)
    assert (rows[0], rows[-1]) == (22, 18)
    assert rows[1:-1] == steps[22:42]
    text = plain(timeline_lines(steps, Page(), most_rows=20))
    assert "  … 22 steps …" in text
    assert "  … 18 steps …" in text


def test_one_column_says_what_was_left_out_too() -> None:
    steps = [step(1 + i % 5, highlighted=i == 30) for i in range(60)]
    lines = plain(timeline_lines(steps, Page(), most_rows=7)).splitlines()
    assert (lines[0], lines[-1]) == ("  … 27 steps …", "  … 26 steps …")


def test_a_long_timeline_without_highlights_keeps_its_end() -> None:
    steps = [step(1, step=i) for i in range(1, 61)]
    assert shorten(steps, 20) == [40, *steps[40:]]


def test_too_many_highlights_keep_the_first_and_the_last() -> None:
    steps = [step(1, step=i, highlighted=True) for i in range(1, 61)]
    assert shorten(steps, 20) == [*steps[:10], 40, *steps[50:]]


def test_what_makes_the_point_is_not_left_out() -> None:
    noise = [step(1 + i % 2, location="Other.value") for i in range(40)]
    changed_and_back = [step(2, "write", location="Stack.head"), step(2, "release", location="l")]
    marked = [step(thread, location="Stack.head", highlighted=True) for thread in (1, 2)]
    rows = shorten([*changed_and_back, *noise, *marked], 10)
    assert all(each in rows for each in (*changed_and_back, *marked))


def test_of_a_deadlock_it_shows_what_was_looked_at_before_the_wait() -> None:
    write, look = step(2, "write", location="Box.full"), step(1, location="Box.full")
    noise = [step(2, location="Other.value") for _ in range(40)]
    wait = step(1, "wait", location="Box.door")
    rows = shorten([write, *noise[:20], look, *noise[20:], wait], 5)
    assert all(each in rows for each in (write, look, wait))


def test_waits_and_calls_are_told_in_words() -> None:
    steps = [
        step(1, "wait", location="door", value=""),
        step(2, "call", location="jobs", value="", method="get_nowait"),
        step(1, "wake", location="door", value=""),
        step(2, "notify", location="door", value=""),
    ]
    rows = plain(timeline_lines(steps, Page())).splitlines()[2:]
    told = [row.replace("│", "").strip() for row in rows]
    assert told == ["7 waits for door", "7 call jobs.get_nowait", "7 goes on", "7 notify door"]


@patient
@given(st.lists(st.booleans(), max_size=80), st.integers(2, 30))
def test_shortened_timelines_lose_no_count(marks: list[bool], most: int) -> None:
    steps = [step(1, step=i, highlighted=mark) for i, mark in enumerate(marks)]
    rows = shorten(steps, most)
    kept = [row for row in rows if isinstance(row, Access)]
    assert len(kept) <= most
    assert len(kept) + sum(row for row in rows if isinstance(row, int)) == len(steps)
    assert [access.step for access in kept] == sorted(access.step for access in kept)


@patient
@given(
    st.lists(anything(Access), min_size=1, max_size=12),
    st.integers(80, 100),
    st.sampled_from(["utf-8", "ascii"]),
)
def test_whatever_happened_it_fits_and_is_aligned(
    steps: list[Access], width: int, encoding: str
) -> None:
    steps = [replace(each, thread=each.thread % 6) for each in steps]
    page = Page(width, encoding)
    lines = timeline_lines(steps, page)
    assert all(columns(each.text) <= width for each in lines)
    plain(lines).encode(encoding)
    bars = {
        tuple(columns(each.text[:at]) for at, char in enumerate(each.text) if char in "│┼")
        for each in lines
        if len(each.spans) > 2 and encoding == "utf-8" and "│" not in repr(steps)
    }
    assert len(bars) <= 1


def test_nothing_to_show() -> None:
    assert timeline_lines([], Page()) == []


def test_a_value_cannot_break_the_table() -> None:
    text = plain(timeline_lines([step(1, value="a\nb\x1b[0m"), step(2, site=READ)], Page()))
    assert "-> a\\nb\\x1b[0m │" in text
