"""Each one counts what is done, and puts the count of that moment into a list of messages."""

from __future__ import annotations

import threading


class Progress:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.done = 0
        self.messages: list[str] = []

    def finish(self) -> None:
        with self.lock:
            self.done += 1
        self.messages.append(f"{self.done} done")


def setup() -> Progress:
    return Progress()


WORKERS = [Progress.finish, Progress.finish]
