"""Which functions a piece of code enters, whoever wrote them.

From Python 3.12 on by ``sys.monitoring`` (PEP 669), which tells of each function once; before by
``sys.setprofile``, which tells of each call. Coverage tools use neither in the same way: they keep
what they have.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType, FrameType

from pytest_concurrency._compat import monitoring

_TOOL_IDS = (3, 4)
"""Those that no kind of tool has been given by name."""


@contextmanager
def entered_code() -> Iterator[set[CodeType]]:
    """Collect, in a set that grows, the code of the functions that a block enters, in all threads
    of the process from 3.12 on, else in this one and those that ``threading`` starts.
    """
    found: set[CodeType] = set()
    if monitoring is not None:
        with _monitored(found):
            yield found
    else:
        with _profiled(found):
            yield found


@contextmanager
def _monitored(found: set[CodeType]) -> Iterator[None]:
    tool = next((each for each in _TOOL_IDS if monitoring.get_tool(each) is None), None)
    if tool is None:
        yield
        return

    def note(code: CodeType, offset: int) -> object:
        found.add(code)
        return monitoring.DISABLE

    monitoring.use_tool_id(tool, "pytest-concurrency")
    try:
        monitoring.register_callback(tool, monitoring.events.PY_START, note)
        monitoring.restart_events()  # another run in this process may have disabled them
        monitoring.set_events(tool, monitoring.events.PY_START)
        yield
    finally:
        monitoring.set_events(tool, 0)
        monitoring.register_callback(tool, monitoring.events.PY_START, None)
        monitoring.free_tool_id(tool)


@contextmanager
def _profiled(found: set[CodeType]) -> Iterator[None]:
    def note(frame: FrameType, event: str, argument: object) -> None:
        if event == "call":
            found.add(frame.f_code)

    before, before_in_threads = sys.getprofile(), threading.getprofile()
    threading.setprofile(note)
    sys.setprofile(note)
    try:
        yield
    finally:
        sys.setprofile(before)
        threading.setprofile(before_in_threads)
