"""The event says "loaded" before the value is there."""

from __future__ import annotations

import threading

EXPECT = {"thread-exception", "test-failure"}
MAX_SCHEDULES = 100
SEQUENTIAL = False


class Loader:
    def __init__(self) -> None:
        self.loaded = threading.Event()
        self.text: str | None = None

    def load(self) -> None:
        self.loaded.set()
        self.text = "once upon a time"

    def use(self) -> None:
        self.loaded.wait()
        assert self.text is not None


def setup() -> Loader:
    return Loader()


WORKERS = [Loader.load, Loader.use]
