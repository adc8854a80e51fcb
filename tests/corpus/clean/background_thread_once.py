"""A background thread is started at first use, under a lock, and ended by the last user."""

from __future__ import annotations

import threading

SEQUENTIAL = False


class Writer:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.thread: threading.Thread | None = None
        self.starts: list[str] = []

    def run(self) -> None:
        self.starts.append("started")

    def use(self) -> None:
        with self.lock:
            if self.thread is None:
                self.thread = threading.Thread(target=self.run)
                self.thread.start()
        self.thread.join()


def setup() -> Writer:
    return Writer()


WORKERS = [Writer.use, Writer.use]


def check(writer: Writer) -> bool:
    return writer.starts == ["started"]
