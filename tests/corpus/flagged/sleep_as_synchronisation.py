"""The reader sleeps until the other must have finished; nothing says that it has."""

from __future__ import annotations

import time

EXPECT = {"thread-exception"}
MAX_SCHEDULES = 200
SEQUENTIAL = False


class Upload:
    def __init__(self) -> None:
        self.parts: list[str] = []

    def send(self) -> None:
        self.parts.append("head")
        time.sleep(0.01)
        self.parts.append("body")

    def look(self) -> None:
        time.sleep(0.1)
        assert self.parts == ["head", "body"]


def setup() -> Upload:
    return Upload()


WORKERS = [Upload.send, Upload.look]
