"""A cache that drops what was used least recently, under a lock."""

import threading
from collections import OrderedDict


class Cache:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.entries: OrderedDict[str, int] = OrderedDict(a=1)

    def get(self, key: str) -> int:
        with self.lock:
            if key not in self.entries:
                self.entries[key] = ord(key)
                if len(self.entries) > 1:
                    self.entries.popitem(last=False)
            self.entries.move_to_end(key)
            return self.entries[key]


def setup() -> Cache:
    return Cache()


def look_up_a(cache: Cache) -> None:
    cache.get("a")


def look_up_b(cache: Cache) -> None:
    cache.get("b")


WORKERS = [look_up_a, look_up_b]


def check(cache: Cache) -> bool:
    return len(cache.entries) == 1
