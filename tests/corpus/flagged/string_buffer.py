"""Java's StringBuffer bug: the length is asked for in one locked call and used in the next."""

from __future__ import annotations

import threading

EXPECT = {"thread-exception", "test-failure"}
MAX_SCHEDULES = 100


class StringBuffer:
    def __init__(self, text: str = "") -> None:
        self._lock = threading.RLock()
        self._text = text

    def length(self) -> int:
        with self._lock:
            return len(self._text)

    def characters(self, end: int) -> str:
        with self._lock:
            if end > len(self._text):
                raise IndexError(end)
            return self._text[:end]

    def truncate(self) -> None:
        with self._lock:
            self._text = ""

    def append(self, other: StringBuffer) -> None:
        with self._lock:
            end = other.length()
            self._text += other.characters(end)


def setup() -> tuple[StringBuffer, StringBuffer]:
    return StringBuffer(), StringBuffer("abc")


def append(buffers: tuple[StringBuffer, StringBuffer]) -> None:
    buffers[0].append(buffers[1])


def truncate(buffers: tuple[StringBuffer, StringBuffer]) -> None:
    buffers[1].truncate()


WORKERS = [append, truncate]
