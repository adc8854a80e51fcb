"""The last user closes the file, but two may both be the last, or neither."""

from __future__ import annotations

EXPECT = {"test-failure", "lost-update"}
MAX_SCHEDULES = 100


class SharedFile:
    def __init__(self) -> None:
        self.users = 2
        self.closed = 0

    def __enter__(self) -> SharedFile:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.users -= 1
        if self.users == 0:
            self.closed += 1


def setup() -> SharedFile:
    return SharedFile()


def use(file: SharedFile) -> None:
    with file:
        pass


WORKERS = [use, use]


def check(file: SharedFile) -> bool:
    return file.closed == 1
