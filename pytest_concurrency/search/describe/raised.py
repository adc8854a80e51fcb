"""Where an exception was raised: in which lines of the user's own code.

Without pytest, which ``explore()`` does not need.
"""

from __future__ import annotations

from types import TracebackType

from pytest_concurrency.detect.telling import innermost, programs_lines
from pytest_concurrency.model import Site
from pytest_concurrency.runtime.system.frames import lines_of


def innermost_site(traceback: TracebackType | None) -> Site | None:
    """The innermost line of the user's own code; of any code, if there is none of theirs."""
    return innermost(lines_of(traceback))


def lines_through(traceback: TracebackType | None) -> tuple[tuple[str, int], ...]:
    """The lines of the user's own code that an exception went through, the innermost last."""
    return programs_lines(lines_of(traceback))
