"""Double-checked locking that shows the object to everybody before it is filled."""

from __future__ import annotations

import threading

EXPECT = {"thread-exception", "test-failure"}
MAX_SCHEDULES = 300


class Config:
    def __init__(self) -> None:
        self.host: str | None = None


class Program:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.config: Config | None = None

    def get_config(self) -> Config:
        if self.config is None:
            with self.lock:
                if self.config is None:
                    self.config = Config()
                    self.config.host = "localhost"
        return self.config

    def connect(self) -> None:
        assert self.get_config().host == "localhost"


def setup() -> Program:
    return Program()


WORKERS = [Program.connect, Program.connect]
