"""Double-checked locking done right: the object is filled before anybody else can see it."""

from __future__ import annotations

import threading


class Config:
    def __init__(self) -> None:
        self.host: str | None = None


class Program:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.config: Config | None = None
        self.made = 0

    def get_config(self) -> Config:
        if self.config is None:
            with self.lock:
                if self.config is None:
                    config = Config()
                    config.host = "localhost"
                    self.made += 1
                    self.config = config
        return self.config

    def connect(self) -> None:
        assert self.get_config().host == "localhost"


def setup() -> Program:
    return Program()


WORKERS = [Program.connect, Program.connect, Program.connect]


def check(program: Program) -> bool:
    return program.made == 1
