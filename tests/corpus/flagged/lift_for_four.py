"""A lift for four: it gets stuck only if five threads have stepped in and none has left."""

from __future__ import annotations

EXPECT = {"thread-exception", "lost-update"}
MAX_SCHEDULES = 500


class Lift:
    def __init__(self) -> None:
        self.inside: list[str] = []

    def ride(self) -> None:
        self.inside.append("somebody")
        if len(self.inside) > 4:
            raise RuntimeError("overload")
        self.inside.pop()


def setup() -> Lift:
    return Lift()


WORKERS = [Lift.ride] * 5
