"""The recipe of an LRU cache as a subclass of OrderedDict: two that store at once may delete one
entry twice, or go through the entries while they change.
"""

from collections import OrderedDict

EXPECT = {"thread-exception"}
MAX_SCHEDULES = 100


class Recent(OrderedDict[str, int]):
    def __init__(self) -> None:
        super().__init__()
        self.size = 1

    def __getitem__(self, key: str) -> int:
        value = super().__getitem__(key)
        self.move_to_end(key)
        return value

    def __setitem__(self, key: str, value: int) -> None:
        super().__setitem__(key, value)
        if len(self) > self.size:
            oldest = next(iter(self))
            del self[oldest]


setup = Recent


def store_a(recent: Recent) -> None:
    recent["a"] = 1


def store_b(recent: Recent) -> None:
    recent["b"] = 2


WORKERS = [store_a, store_b]
