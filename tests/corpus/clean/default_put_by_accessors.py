"""What is not there yet gets its default, through two methods: whoever does it once more puts the
same there.
"""

from __future__ import annotations

import threading


class Options:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.values: dict[str, int] = {}
        self.level: int | None = None

    def get(self, key: str) -> int | None:
        with self.lock:
            return self.values.get(key)

    def put(self, key: str, value: int) -> None:
        with self.lock:
            self.values[key] = value

    def ask(self) -> int | None:
        return self.level

    def say(self, level: int) -> None:
        self.level = level

    def settle(self, key: str) -> None:
        self.put(key, self.get(key) or 10)
        level = self.ask()
        if level is None:
            level = 1
        self.say(level)


def setup() -> Options:
    return Options()


def first(options: Options) -> None:
    options.settle("width")


WORKERS = [first, first]
