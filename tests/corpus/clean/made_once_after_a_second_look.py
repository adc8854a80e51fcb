"""The one instance is made under a lock, where it is looked for once more."""

from __future__ import annotations

import threading


class Settings:
    """It has no state."""


class Program:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.settings: Settings | None = None

    def get(self) -> Settings:
        if self.settings is None:
            with self.lock:
                if self.settings is None:
                    self.settings = Settings()
        return self.settings


def setup() -> Program:
    return Program()


WORKERS = [Program.get, Program.get]
