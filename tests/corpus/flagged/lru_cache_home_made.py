"""A cache moves a key to its end after it has seen it there; it may have been dropped since."""

from collections import OrderedDict

EXPECT = {"thread-exception", "lost-update"}
MAX_SCHEDULES = 100


class Cache:
    def __init__(self) -> None:
        self.entries: OrderedDict[str, int] = OrderedDict(a=1)

    def get(self, key: str) -> int:
        if key not in self.entries:
            self.put(key, ord(key))
        self.entries.move_to_end(key)
        return self.entries[key]

    def put(self, key: str, value: int) -> None:
        self.entries[key] = value
        if len(self.entries) > 1:
            self.entries.popitem(last=False)


def setup() -> Cache:
    return Cache()


def look_up_a(cache: Cache) -> None:
    cache.get("a")


def look_up_b(cache: Cache) -> None:
    cache.get("b")


WORKERS = [look_up_a, look_up_b]
