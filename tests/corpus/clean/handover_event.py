"""The value is written before the event is set and read after it was waited for."""

from __future__ import annotations

import threading

SEQUENTIAL = False


class Loader:
    def __init__(self) -> None:
        self.loaded = threading.Event()
        self.pages = 0

    def load(self) -> None:
        self.pages += 10
        self.loaded.set()

    def use(self) -> None:
        self.loaded.wait()
        self.pages += 1


def setup() -> Loader:
    return Loader()


WORKERS = [Loader.use, Loader.load]


def check(loader: Loader) -> bool:
    return loader.pages == 11
