"""A lift for two whose door lets in as many as it holds."""

from __future__ import annotations

import threading


class Lift:
    def __init__(self) -> None:
        self.door = threading.BoundedSemaphore(2)
        self.inside: list[str] = []

    def ride(self) -> None:
        with self.door:
            self.inside.append("somebody")
            if len(self.inside) > 2:
                raise RuntimeError("overload")
            self.inside.pop()


def setup() -> Lift:
    return Lift()


WORKERS = [Lift.ride] * 3
