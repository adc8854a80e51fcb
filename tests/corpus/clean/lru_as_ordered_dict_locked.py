"""An LRU cache as a subclass of OrderedDict, whose methods take one lock; its attributes are read
while items change, and no change of an item touches them.
"""

from collections import OrderedDict
from threading import RLock


class Recent(OrderedDict[str, int]):
    def __init__(self) -> None:
        super().__init__()
        self.lock = RLock()
        self.size = 1

    def __getitem__(self, key: str) -> int:
        with self.lock:
            value = super().__getitem__(key)
            self.move_to_end(key)
            return value

    def __setitem__(self, key: str, value: int) -> None:
        with self.lock:
            super().__setitem__(key, value)
            if len(self) > self.size:
                oldest = next(iter(self))
                del self[oldest]

    def __delitem__(self, key: str) -> None:
        with self.lock:
            super().__delitem__(key)

    def room(self) -> int:
        return self.size


setup = Recent


def store_a(recent: Recent) -> None:
    recent["a"] = recent.room()


def store_b(recent: Recent) -> None:
    recent["b"] = recent.room()


WORKERS = [store_a, store_b]


def check(recent: Recent) -> bool:
    return len(recent) == 1
