"""An emitter goes through its listeners while one of them leaves: the next one is skipped."""

from __future__ import annotations

from collections.abc import Callable

EXPECT = {"test-failure"}
MAX_SCHEDULES = 100


class Emitter:
    def __init__(self) -> None:
        self.heard: list[str] = []
        self.listeners: list[Callable[[str], None]] = [self.log, self.heard.append]
        self.logged = 0

    def log(self, _: str) -> None:
        self.logged += 1

    def emit(self, word: str) -> None:
        for listener in self.listeners:
            listener(word)

    def stop_logging(self) -> None:
        self.listeners.remove(self.log)


def setup() -> Emitter:
    return Emitter()


def emit(emitter: Emitter) -> None:
    emitter.emit("hello")


WORKERS = [emit, Emitter.stop_logging]


def check(emitter: Emitter) -> bool:
    return emitter.heard == ["hello"]
