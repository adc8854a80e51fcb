"""A count is read by one method and stored by another; between them a test puts 0 where nothing is
there yet.
"""

from __future__ import annotations

EXPECT = {"lost-update"}
MAX_SCHEDULES = 50


class Meter:
    def __init__(self) -> None:
        self._total: int | None = None

    def get(self) -> int | None:
        return self._total

    def put(self, value: int) -> None:
        self._total = value

    def add(self) -> None:
        total = self.get()
        if total is None:
            total = 0
        self.put(total + 1)


def setup() -> Meter:
    return Meter()


WORKERS = [Meter.add, Meter.add]
