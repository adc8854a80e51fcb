"""Each thread has a layer of its own above settings that nobody changes."""

from __future__ import annotations

from collections import ChainMap


class Settings:
    def __init__(self) -> None:
        self.defaults = {"depth": 1}
        self.depths = [0, 0]

    def deepen(self, place: int) -> None:
        settings = ChainMap({}, self.defaults)
        settings["depth"] += 1
        self.depths[place] = settings["depth"]


def setup() -> Settings:
    return Settings()


def first(settings: Settings) -> None:
    settings.deepen(0)


def second(settings: Settings) -> None:
    settings.deepen(1)


WORKERS = [first, second]


def check(settings: Settings) -> bool:
    return settings.depths == [2, 2]
