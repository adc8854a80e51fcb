"""Where the code of every thread stands."""

from __future__ import annotations

import gc
import sys
from types import FrameType


def current_frames() -> dict[int, FrameType]:
    """Return ``sys._current_frames()``, without a garbage collection meanwhile.

    CPython 3.11 may hang in one: what is finalized may want a lock that the function holds
    (https://github.com/python/cpython/issues/106883; 3.12 does this itself).
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        return sys._current_frames()
    finally:
        if was_enabled:
            gc.enable()
