"""The list for a key is made by whoever asks first: two make one each, and one is lost."""

from __future__ import annotations

EXPECT = {"atomicity-violation"}
MAX_SCHEDULES = 50


class Buckets:
    def __init__(self) -> None:
        self.by_key: dict[str, list[str]] = {}

    def bucket(self, key: str) -> list[str]:
        if key not in self.by_key:
            self.by_key[key] = []
        return self.by_key[key]


def setup() -> Buckets:
    return Buckets()


def asks(buckets: Buckets) -> None:
    buckets.bucket("key")


WORKERS = [asks, asks]
