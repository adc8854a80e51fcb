"""An instance kept in a class attribute: the lock is there, the second look is not."""

from __future__ import annotations

import threading

EXPECT = {"atomicity-violation"}
MAX_SCHEDULES = 100


class Config:
    lock = threading.Lock()
    instance: Config | None = None

    def __init__(self) -> None:
        self.readers: list[str] = []

    @classmethod
    def get(cls) -> Config:
        if cls.instance is None:
            with cls.lock:
                cls.instance = cls()
        return cls.instance


def setup() -> None:
    Config.instance = None


def read_as_anna(_: None) -> None:
    Config.get().readers.append("anna")


def read_as_ben(_: None) -> None:
    Config.get().readers.append("ben")


WORKERS = [read_as_anna, read_as_ben]


def check(_: None) -> bool:
    return sorted(Config.get().readers) == ["anna", "ben"]
