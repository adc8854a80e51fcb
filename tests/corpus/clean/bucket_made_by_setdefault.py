"""The list for a key is made by ``setdefault``: all get one, whoever comes first."""

from __future__ import annotations


class Buckets:
    def __init__(self) -> None:
        self.by_key: dict[str, list[str]] = {}

    def bucket(self, key: str) -> list[str]:
        return self.by_key.setdefault(key, [])


def setup() -> Buckets:
    return Buckets()


def asks(buckets: Buckets) -> None:
    buckets.bucket("key")


WORKERS = [asks, asks]
