"""One thread walks through a UserDict while the other puts a key into it: RuntimeError."""

from __future__ import annotations

from collections import UserDict

EXPECT = {"thread-exception"}
MAX_SCHEDULES = 100


class Prices(UserDict[str, int]):
    def add_up(self) -> int:
        total = 0
        for name in self:
            total += self[name]
        return total

    def extend(self) -> None:
        self["bread"] = 4


def setup() -> Prices:
    return Prices(tea=3, milk=1)


WORKERS = [Prices.add_up, Prices.extend]
