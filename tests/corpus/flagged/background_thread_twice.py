"""A background thread is started at first use, and two first users start two."""

from __future__ import annotations

import threading

EXPECT = {"atomicity-violation"}
MAX_SCHEDULES = 100
SEQUENTIAL = False


class Writer:
    def __init__(self) -> None:
        self.thread: threading.Thread | None = None
        self.starts: list[str] = []

    def run(self) -> None:
        self.starts.append("started")

    def ensure_started(self) -> None:
        if self.thread is None:
            self.thread = threading.Thread(target=self.run)
            self.thread.start()


def setup() -> Writer:
    return Writer()


WORKERS = [Writer.ensure_started, Writer.ensure_started]


def check(writer: Writer) -> bool:
    return writer.starts == ["started"]
