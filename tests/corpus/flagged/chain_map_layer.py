"""Settings in layers: the default is read through the chain and written to its first layer."""

from __future__ import annotations

from collections import ChainMap

EXPECT = {"test-failure", "lost-update"}
MAX_SCHEDULES = 100


class Settings:
    def __init__(self) -> None:
        self.own: dict[str, int] = {}
        self.chain = ChainMap(self.own, {"depth": 1})

    def deepen(self) -> None:
        depth = self.own["depth"] if "depth" in self.own else self.chain["depth"]
        self.own["depth"] = depth + 1


def setup() -> Settings:
    return Settings()


WORKERS = [Settings.deepen, Settings.deepen]


def check(settings: Settings) -> bool:
    return settings.chain["depth"] == 3
