"""A singleton in a module global, created and handed out under a lock."""

from __future__ import annotations

import threading


class Registry:
    def __init__(self) -> None:
        self.names: list[str] = []


LOCK = threading.Lock()
_registry: Registry | None = None


def registry() -> Registry:
    global _registry
    with LOCK:
        if _registry is None:
            _registry = Registry()
        return _registry


def setup() -> None:
    global _registry
    _registry = None


def register_anna(_: None) -> None:
    registry().names.append("anna")


def register_ben(_: None) -> None:
    registry().names.append("ben")


WORKERS = [register_anna, register_ben]


def check(_: None) -> bool:
    return sorted(registry().names) == ["anna", "ben"]
