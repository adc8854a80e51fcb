"""A number is drawn, and a name made of it, under one lock."""

from __future__ import annotations

import threading


class Namer:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.drawn = 0

    def name(self) -> str:
        with self.lock:
            self.drawn += 1
            return f"job-{self.drawn}"


def setup() -> Namer:
    return Namer()


WORKERS = [Namer.name, Namer.name]
