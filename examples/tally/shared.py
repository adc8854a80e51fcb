"""A counter for threads and processes alike. Needs ``fcntl``, which Windows does not have."""

from __future__ import annotations

import fcntl
import threading
from pathlib import Path

from tally.counters import FileCounter


class SharedFileCounter(FileCounter):
    """Counts in a file, one thread and one process at a time."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._thread_lock = threading.Lock()
        self._lock_path = path.with_name(path.name + ".lock")

    def increment(self) -> None:
        """Count one more."""
        with self._thread_lock, self._lock_path.open("w") as lock_file:
            # Released when the file is closed, also if this process dies.
            fcntl.flock(lock_file, fcntl.LOCK_EX)
            super().increment()
