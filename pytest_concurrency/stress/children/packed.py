"""What a process is sent when it is started, if it is not forked: packed a second time.

So it is unpacked by the program of the process, which can say what cannot be made anew there.
"""

from __future__ import annotations

import pickle
import re
from typing import Any

from pytest_concurrency._compat_processes import inheriting

_SHARED = re.compile(rb"multiprocessing\.(?!reduction)|_rebuild_socket")
"""Names as they are in a pickle; by those of ``reduction`` functions and methods are made anew,
too."""


class Packed:
    """Something that is pickled apart from what holds it."""

    def __init__(self, value: Any) -> None:
        self._value = value
        self._body = b""

    def __getstate__(self) -> bytes:
        """Pickle it as what is sent to a new process, while that is started."""
        from multiprocessing.reduction import ForkingPickler

        return bytes(ForkingPickler.dumps(self._value))

    def __setstate__(self, body: bytes) -> None:
        self._body = body

    @property
    def holds_shared(self) -> bool:
        """Whether something of ``multiprocessing`` is in it, by which processes may meet."""
        return _SHARED.search(self._body) is not None

    def unpack(self) -> Any:
        """Make it anew; raises whatever that raises."""
        with inheriting():
            return pickle.loads(self._body)
