"""How far a long test is, on a terminal, in what is left of the line that pytest is writing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pytest_concurrency import real_time as time
from pytest_concurrency._pytest_compat import capture_manager, file_of, terminal_reporter, writer_of
from pytest_concurrency.model import Cell
from pytest_concurrency.report.page import Page
from pytest_concurrency.report.terminal.header import progress_text

_LEAST_ROOM = 30
_PAUSE_SECONDS = 0.1
_SAVE, _RESTORE, _ERASE = "\x1b7", "\x1b8", "\x1b[K"


class ProgressLine:
    """Shows progress and takes it away again; silent where nobody looks (``-q``, no terminal)."""

    def __init__(self, config: pytest.Config) -> None:
        reporter: Any = terminal_reporter(config)
        self._capture: Any = capture_manager(config)
        wanted = reporter is not None and reporter.isatty and config.get_verbosity() >= 0
        self._writer: Any = writer_of(reporter) if wanted else None
        self._due = 0.0
        self._shown = False

    def of(self, nodeid: str) -> Callable[[Cell, str], None]:
        """Return what shows the progress of one test."""

        def show(cell: Cell, text: str) -> None:
            now = time.monotonic()
            if self._writer is None or now < self._due:
                return
            room = self._writer.fullwidth - self._writer.width_of_current_line - 1
            if room < _LEAST_ROOM:
                return
            self._due, self._shown = now + _PAUSE_SECONDS, True
            done, planned = _numbers(text)
            page = Page(room, Page.of(self._writer).encoding)
            shown = progress_text(nodeid, cell, done, planned, page)
            self._write(f"{_SAVE} {shown}{_ERASE}{_RESTORE}")

        return show

    def clear(self) -> None:
        """Leave the line as it was."""
        if self._shown:
            self._shown, self._due = False, 0.0
            self._write(_ERASE)

    def _write(self, text: str) -> None:
        """Write past pytest's capturing, and past its idea of where the cursor is."""
        if self._capture is not None:
            with self._capture.global_and_fixture_disabled():
                self._send(text)
        else:
            self._send(text)

    def _send(self, text: str) -> None:
        file = file_of(self._writer)
        file.write(text)
        file.flush()


def _numbers(text: str) -> tuple[int, int]:
    """Read ``120/200`` or ``7/20 runs, 2 failed``."""
    done, _, planned = text.partition(" ")[0].partition("/")
    return (int(done), int(planned)) if done.isdigit() and planned.isdigit() else (0, 0)
