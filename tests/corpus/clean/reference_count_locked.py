"""The last user closes the file; who that is shows under the lock."""

from __future__ import annotations

import threading


class SharedFile:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.users = 2
        self.closed = 0

    def __enter__(self) -> SharedFile:
        return self

    def __exit__(self, *exc_info: object) -> None:
        with self.lock:
            self.users -= 1
            is_last = self.users == 0
        if is_last:
            self.closed += 1


def setup() -> SharedFile:
    return SharedFile()


def use(file: SharedFile) -> None:
    with file:
        pass


WORKERS = [use, use]


def check(file: SharedFile) -> bool:
    return file.closed == 1
