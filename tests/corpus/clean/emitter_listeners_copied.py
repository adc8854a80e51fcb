"""An emitter goes through a copy of its listeners: whoever leaves meanwhile hears one more."""

from __future__ import annotations

from collections.abc import Callable


class Emitter:
    def __init__(self) -> None:
        self.heard: list[str] = []
        self.listeners: list[Callable[[str], None]] = [self.log, self.heard.append]
        self.logged = 0

    def log(self, _: str) -> None:
        self.logged += 1

    def emit(self, word: str) -> None:
        for listener in self.listeners.copy():
            listener(word)

    def stop_logging(self) -> None:
        self.listeners.remove(self.log)


def setup() -> Emitter:
    return Emitter()


def emit(emitter: Emitter) -> None:
    emitter.emit("hello")


WORKERS = [emit, Emitter.stop_logging]
EACH_ONCE = True


def check(emitter: Emitter) -> bool:
    return emitter.heard == ["hello"]
