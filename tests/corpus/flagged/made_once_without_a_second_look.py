"""A lock is taken to make the one instance, but nobody looks again under it: there are two."""

from __future__ import annotations

import threading

EXPECT = {"atomicity-violation"}
MAX_SCHEDULES = 50


class Settings:
    def __init__(self) -> None:
        self.name = "default"


class Program:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.settings: Settings | None = None

    def get(self) -> Settings:
        if self.settings is None:
            with self.lock:
                self.settings = Settings()
        return self.settings


def setup() -> Program:
    return Program()


WORKERS = [Program.get, Program.get]
