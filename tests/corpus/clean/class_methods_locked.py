"""Class methods change what the class keeps under the lock of the class."""

import threading


class Registry:
    lock = threading.Lock()
    count = 0

    @classmethod
    def known(cls) -> int:
        return cls.count

    @classmethod
    def know(cls, count: int) -> None:
        cls.count = count


def register(registry: type[Registry]) -> None:
    with registry.lock:
        registry.know(registry.known() + 1)


def setup() -> type[Registry]:
    Registry.count = 0
    return Registry


WORKERS = [register, register]
