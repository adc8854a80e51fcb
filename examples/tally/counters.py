"""Counters with one interface, ``increment()`` and ``value``. One more is in ``tally.shared``."""

from __future__ import annotations

import os
import threading
from pathlib import Path


class MemoryCounter:
    """Counts in an attribute."""

    def __init__(self) -> None:
        self.value = 0

    def increment(self) -> None:
        """Count one more."""
        seen = self.value
        self.value = seen + 1


class FileCounter:
    """Counts in a file, so that the count is still there tomorrow. Has no lock at all."""

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.exists():
            self._write(0)

    @property
    def value(self) -> int:
        """The count, read from the file."""
        return int(self.path.read_text())

    def increment(self) -> None:
        """Count one more."""
        self._write(self.value + 1)

    def _write(self, value: int) -> None:
        # Nobody must ever read half a number: write it next door, then put it in place in one step.
        draft = self.path.with_name(f"{self.path.name}.{os.getpid()}.{threading.get_ident()}")
        draft.write_text(str(value))
        draft.replace(self.path)


class ThreadLockedFileCounter(FileCounter):
    """Counts in a file, one thread at a time. Another process has a lock of its own."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._lock = threading.Lock()

    def increment(self) -> None:
        """Count one more."""
        with self._lock:
            super().increment()
