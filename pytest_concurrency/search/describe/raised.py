"""Where an exception was raised: in which lines of the user's own code.

Without pytest, which ``explore()`` does not need.
"""

from __future__ import annotations

import linecache
from types import TracebackType

from pytest_concurrency._origins import is_programs
from pytest_concurrency.model import Site


def innermost_site(traceback: TracebackType | None) -> Site | None:
    """The innermost line of the user's own code; of any code, if there is none of theirs."""
    frames = _frames(traceback)
    theirs = [frame for frame in frames if is_programs(frame[0])]
    if not frames:
        return None
    path, line, function = (theirs or frames)[-1]
    return Site(path, line, 0, function, linecache.getline(path, line).strip())


def lines_through(traceback: TracebackType | None) -> tuple[tuple[str, int], ...]:
    """The lines of the user's own code that an exception went through, the innermost last."""
    return tuple((path, line) for path, line, _ in _frames(traceback) if is_programs(path))


def _frames(traceback: TracebackType | None) -> list[tuple[str, int, str]]:
    frames = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        frames.append((code.co_filename, traceback.tb_lineno, code.co_qualname))
        traceback = traceback.tb_next
    return frames
