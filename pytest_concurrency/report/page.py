"""Lines of text with markup, and the page they are laid out for.

Everything that people read is first a list of :class:`Line`, a plain value. From there it goes to a
terminal in colour (:func:`write`) or becomes a string (:func:`plain`) for junit and pytest-xdist.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Literal

from pytest_concurrency._pytest_compat import TerminalWriter, file_of, wcswidth, wcwidth

if TYPE_CHECKING:
    from pytest_concurrency._pytest_compat import TerminalReporter

Markup = Literal["bold", "light", "red", "green", "yellow", "cyan"]


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a line in one markup."""

    text: str
    markup: tuple[Markup, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """One line of output."""

    spans: tuple[Span, ...] = ()

    @property
    def text(self) -> str:
        """The line without its markup."""
        return "".join(span.text for span in self.spans).rstrip()


def line(text: str = "", *markup: Markup) -> Line:
    """Make a line in one markup."""
    return Line((Span(text, markup),))


def plain(lines: Iterable[Line]) -> str:
    """Join lines into text without markup."""
    return "\n".join(each.text for each in lines)


def write(lines: Iterable[Line], writer: TerminalWriter | TerminalReporter) -> None:
    """Write lines in colour, as far as the writer has colour."""
    for each in lines:
        left = len(each.text)
        for span in each.spans:
            # What follows is padding of the last column.
            writer.write(span.text[:left], **dict.fromkeys(span.markup, True))
            left = max(left - len(span.text), 0)
        writer.write("\n")


def columns(text: str) -> int:
    """Count the terminal columns that clean text takes."""
    return len(text) if text.isascii() else wcswidth(text)


@dataclass(frozen=True, slots=True)
class Page:
    """Where lines will be read: how wide it is, and which characters it can show."""

    width: int = 80
    encoding: str = "utf-8"

    @classmethod
    def of(cls, writer: TerminalWriter) -> Page:
        """Describe the page behind a terminal writer."""
        # A StringIO has no encoding and takes everything.
        encoding = getattr(file_of(writer), "encoding", None)
        return cls(writer.fullwidth, encoding or "utf-8")

    @property
    def has_symbols(self) -> bool:
        """Whether the page can show an ellipsis and the lines of a table."""
        try:
            "…│─┼".encode(self.encoding)
        except (UnicodeEncodeError, LookupError):
            return False
        return True

    @property
    def ellipsis(self) -> str:
        """What stands for text that was left out."""
        return "…" if self.has_symbols else "..."

    def clean(self, text: str) -> str:
        """Escape what would break a line, move the cursor, or cannot be encoded."""
        printable = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
        if printable.isascii():
            return printable
        encoding = self.encoding if self.has_symbols else "ascii"
        return printable.encode(encoding, "backslashreplace").decode(encoding)

    def cut(self, text: str, width: int) -> str:
        """Shorten clean text to a width, keeping its start."""
        if columns(text) <= width:
            return text
        if width <= len(self.ellipsis):
            return self.ellipsis[: max(width, 0)]
        return _take(text, width - len(self.ellipsis)) + self.ellipsis

    def cut_start(self, text: str, width: int) -> str:
        """Shorten clean text to a width, keeping its end."""
        if columns(text) <= width:
            return text
        if width <= len(self.ellipsis):
            return self.ellipsis[: max(width, 0)]
        return self.ellipsis + _take(text[::-1], width - len(self.ellipsis))[::-1]

    def pad(self, text: str, width: int) -> str:
        """Fill clean text with spaces up to a width."""
        return text + " " * (width - columns(text))

    def wrap(self, text: str, indent: str = "", hanging: str | None = None) -> list[str]:
        """Break a sentence into lines that fit; words longer than a line (paths) stay whole."""
        return textwrap.wrap(
            self.clean(" ".join(text.split())),
            width=self.width,
            initial_indent=indent,
            subsequent_indent=indent if hanging is None else hanging,
            break_long_words=False,
            break_on_hyphens=False,
        )


def _take(text: str, width: int) -> str:
    totals = accumulate(wcwidth(char) for char in text)
    return text[: sum(total <= width for total in totals)]
