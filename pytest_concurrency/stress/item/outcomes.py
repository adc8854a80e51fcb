"""How one copy of a test (in a thread or a process) ended, and how the copies add up.

Plain data: built where the exception is, pickled, and merged where the result is wanted.
"""

from __future__ import annotations

import re
import traceback
import unittest
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Literal

import pytest

from pytest_concurrency._origins import is_machinery, is_programs
from pytest_concurrency.model import Site
from pytest_concurrency.runtime.scheduler.baton import baton
from pytest_concurrency.runtime.system.chains import MOST, first_of, is_long
from pytest_concurrency.search.describe.raised import innermost_site, lines_through

CopyStatus = Literal["passed", "skipped", "xfailed", "error", "failed", "timeout", "crashed"]
Phase = Literal["setup", "call", "teardown"]

RANK: tuple[CopyStatus, ...] = (
    "passed",
    "skipped",
    "xfailed",
    "error",
    "failed",
    "timeout",
    "crashed",
)
"""From harmless to worst: a skip in one copy must not hide a failure in another."""

BAD: frozenset[CopyStatus] = frozenset(("error", "failed", "timeout", "crashed"))

_LINES_KEPT = 60
"""Of a long text, at each end."""
_LONGEST_LINE = 300
"""Characters of a message; the details have it whole."""


@dataclass(frozen=True, slots=True)
class CopyOutcome:
    """How one copy ended. ``kind``, ``message`` and ``traceback`` are empty if it passed."""

    index: int
    status: CopyStatus = "passed"
    kind: str = ""
    """The exception's type: ``AssertionError``."""
    message: str = ""
    """One line: ``AssertionError: assert 3 == 4``."""
    traceback: str = ""
    """As ``pytest --tb=short`` shows it, without frames of ours and of the machinery below a
    thread.
    """
    location: Site | None = None
    """The innermost line of the user's own code."""
    phase: Phase = "call"
    stack: tuple[tuple[str, int], ...] = ()
    """The lines of the user's own code that it went through, the innermost last."""

    @property
    def is_bad(self) -> bool:
        """Whether it failed in any way; skips and expected failures are fine."""
        return self.status in BAD


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """One run of a test in a free-running or process cell."""

    test: CopyOutcome
    """The test itself, in the main thread of the parent: set-up, checks, teardown. For a test
    that runs in copies, also what its copies add up to if they are threads.
    """
    workers: tuple[CopyOutcome, ...] = ()
    """Process cells: what each worker did."""
    thread_errors: tuple[CopyOutcome, ...] = ()
    """What threads that the test started died of, with nobody noticing."""


def outcome_of(index: int, error: BaseException | None, *, phase: Phase = "call") -> CopyOutcome:
    """Describe how a copy ended that raised ``error`` (or returned: ``None``)."""
    if error is None:
        return CopyOutcome(index, phase=phase)
    status = _status_of(error, phase)
    message = one_line(error)
    if not isinstance(error, BaseExceptionGroup) and status in ("skipped", "xfailed"):
        return CopyOutcome(index, status, type(error).__name__, message, phase=phase)
    return CopyOutcome(
        index,
        status,
        type(error).__name__,
        message,
        short_traceback(error),
        innermost_site(error.__traceback__),
        phase,
        lines_through(error.__traceback__),
    )


def merge(outcomes: Sequence[CopyOutcome], *, noun: str = "copy") -> CopyOutcome:
    """What the copies of a test add up to: the worst of them, with every failure's text.

    Readers count from 1: number 0 is the main thread or the main process.
    """
    if not outcomes:
        return CopyOutcome(0)
    worst = max(outcomes, key=lambda outcome: (RANK.index(outcome.status), -outcome.index))
    bad = [outcome for outcome in outcomes if outcome.is_bad]
    if not bad or len(outcomes) == 1:
        return worst
    plural = {"copy": "copies", "process": "processes"}.get(noun, f"{noun}s")
    count = (
        f"{len(bad)} of {len(outcomes)} {plural}" if len(bad) > 1 else f"{noun} {worst.index + 1}"
    )
    texts: dict[str, list[int]] = {}
    for outcome in bad:
        texts.setdefault(outcome.traceback or outcome.message, []).append(outcome.index + 1)
    traceback = "\n\n".join(
        f"--- {noun if len(indices) == 1 else plural} {', '.join(map(str, indices))} ---\n{text}"
        for text, indices in texts.items()
    )
    return replace(worst, message=f"{count}: {worst.message}", traceback=traceback)


def one_line(error: BaseException) -> str:
    """``Type: first line of the message``, whatever the exception's own methods do."""
    name = type(error).__name__
    try:
        lines = printable(str(error)).splitlines()
        text = cut(next((line.strip() for line in lines if line.strip()), ""))
    except Exception:
        text = "(its message cannot be shown)"
    if name in ("Failed", "Skipped", "XFailed"):  # pytest.fail("text"): the type says nothing
        return text or name
    return f"{name}: {text}" if text else name


def cut(text: str) -> str:
    """Leave out the middle of a line that is too long to be read."""
    left_out = len(text) - _LONGEST_LINE
    if left_out <= _LONGEST_LINE // 10:
        return text
    half = _LONGEST_LINE // 2
    return f"{text[:half]}... ({left_out:,} characters are not shown) ...{text[-half:]}"


_TERMINAL_CODES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")
"""What changes colours, moves the cursor, sets titles and links (ECMA-48: CSI and OSC)."""


def printable(text: str) -> str:
    """Return a program's text without what commands a terminal; other control characters are
    escaped."""
    lines = _TERMINAL_CODES.sub("", text).splitlines()
    return "\n".join(
        "".join(c if c.isprintable() or c == "\t" else ascii(c)[1:-1] for c in line)
        for line in lines
    )


def short_traceback(error: BaseException) -> str:
    """The traceback (and its causes) as ``pytest --tb=short`` shows it, the user's frames only; of
    a run that nobody will read of, only what takes no time: pytest parses each file that it leads
    through.
    """
    try:
        if is_long(error):
            return without_its_chain(error)
        if baton.terms.is_brief or _Reader.is_missing:
            return _of_itself(error)
        info = pytest.ExceptionInfo.from_exception(error)
        shown = str(info.getrepr(style="short", tbfilter=_users_frames)).strip()
        return shortened(printable(shown))
    except Exception as problem:  # an exception whose own __str__ or __cause__ raises
        return f"{one_line(error)} (its traceback cannot be shown: {type(problem).__name__})"


class _Reader:
    """Of the outcomes that are made now."""

    is_missing = False


@contextmanager
def unread() -> Iterator[None]:
    """While a block runs, also in processes that it forks, outcomes are made whose tracebacks
    nobody will read.
    """
    before, _Reader.is_missing = _Reader.is_missing, True
    try:
        yield
    finally:
        _Reader.is_missing = before


def without_its_chain(error: BaseException) -> str:
    """The traceback of an exception alone that comes from, or holds, very many others."""
    first = first_of(error)
    began = f"; it began with {one_line(first)}" if first is not error else ""
    rest = f"(more than {MOST} exceptions that it comes from or holds are not shown{began})"
    return _of_itself(error, rest)


def _of_itself(error: BaseException, rest: str = "") -> str:
    """The traceback of an exception, not that of what it comes from; ``rest``: a last line."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if is_programs(frame[0])]
    lines = "".join(traceback.format_list(frames)).rstrip()
    return shortened(printable("\n".join(filter(None, (lines, one_line(error), rest)))))


def shortened(text: str) -> str:
    """Leave out the middle of a text that nobody would read (a recursion without end, say)."""
    lines = text.splitlines()
    left_out = len(lines) - 2 * _LINES_KEPT
    if left_out <= _LINES_KEPT // 2:
        return text
    cut = f"... {left_out} lines are not shown ..."
    return "\n".join((*lines[:_LINES_KEPT], cut, *lines[-_LINES_KEPT:]))


def _status_of(error: BaseException, phase: Phase) -> CopyStatus:
    if isinstance(error, (pytest.skip.Exception, unittest.SkipTest)):
        return "skipped"
    if isinstance(error, pytest.xfail.Exception):
        return "xfailed"
    return "failed" if phase == "call" else "error"


def _users_frames(info: pytest.ExceptionInfo[BaseException]) -> Any:
    shown = info.traceback.filter(info)
    return shown.filter(lambda entry: not is_machinery(str(entry.path))) or shown
