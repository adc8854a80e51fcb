"""A mapping that takes its lock in each method; what it inherits may compute the same value twice,
which nobody can tell.
"""

import threading
from collections.abc import Iterator, MutableMapping


class Settings(MutableMapping[str, int]):
    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._values: dict[str, int] = {}

    def __getitem__(self, name: str) -> int:
        with self._lock:
            return self._values[name]

    def __setitem__(self, name: str, value: int) -> None:
        with self._lock:
            self._values[name] = value

    def __delitem__(self, name: str) -> None:
        with self._lock:
            del self._values[name]

    def __iter__(self) -> Iterator[str]:
        with self._lock:
            return iter(list(self._values))

    def __len__(self) -> int:
        with self._lock:
            return len(self._values)


def setup() -> Settings:
    return Settings()


def connect(settings: Settings) -> None:
    assert settings.setdefault("timeout", 30) == 30
    assert settings.get("retries", 3) == 3


WORKERS = [connect, connect]


def check(settings: Settings) -> bool:
    return dict(settings) == {"timeout": 30}
