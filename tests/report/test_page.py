from __future__ import annotations

import io

import pytest
from _pytest._io import TerminalWriter
from hypothesis import given
from hypothesis import strategies as st
from report_samples import patient

from pytest_concurrency.report.page import Line, Page, Span, columns, line, plain, write


def test_plain_and_coloured_say_the_same() -> None:
    first = Line((Span("a ", ("red", "bold")), Span("b "), Span(" ", ("red",))))
    lines = [first, line(), line("c", "green")]
    stream = io.StringIO()
    writer = TerminalWriter(stream)
    writer.hasmarkup = True
    write(lines, writer)
    assert plain(lines) == "a b\n\nc"
    assert stream.getvalue() == "\x1b[31m\x1b[1ma \x1b[0mb\n\n\x1b[32mc\x1b[0m\n"


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [("utf-8", "é\\x1b\\n日\\ud800"), ("ascii", "\\xe9\\x1b\\n\\u65e5\\ud800")],
)
def test_clean_escapes_what_cannot_be_shown(encoding: str, shown: str) -> None:
    assert Page(encoding=encoding).clean("é\x1b\n日\ud800") == shown


def test_an_unknown_encoding_means_ascii() -> None:
    page = Page(encoding="no-such-codec")
    assert page.ellipsis == "..."
    assert page.clean("é") == "\\xe9"


def test_page_of_a_writer() -> None:
    writer = TerminalWriter(io.TextIOWrapper(io.BytesIO(), encoding="latin-1"))
    writer.fullwidth = 91
    assert Page.of(writer) == Page(91, "latin-1")
    assert Page.of(TerminalWriter(io.StringIO())).has_symbols


def test_cut_keeps_the_start_or_the_end() -> None:
    assert Page().cut("abcdef", 4) == "abc…"
    assert Page().cut_start("abcdef", 4) == "…def"
    assert Page(encoding="ascii").cut("abcdef", 5) == "ab..."
    assert Page().cut("日本語", 5) == "日本…"
    assert Page().cut("abc", 3) == "abc"


@patient
@given(st.text(), st.integers(0, 30), st.sampled_from(["utf-8", "ascii", "latin-1"]))
def test_cut_text_fits(text: str, width: int, encoding: str) -> None:
    page = Page(encoding=encoding)
    clean = page.clean(text)
    clean.encode(encoding)
    for cut in (page.cut(clean, width), page.cut_start(clean, width)):
        assert columns(cut) <= width
        assert columns(page.pad(cut, width)) == width
