"""``OrderedDict.setdefault`` asks and sets by the methods of its class, each of which locks."""

from collections import OrderedDict
from threading import RLock


class Baskets(OrderedDict):
    def __init__(self) -> None:
        super().__init__()
        self.lock = RLock()

    def __contains__(self, key):
        with self.lock:
            return OrderedDict.__contains__(self, key)

    def __getitem__(self, key):
        with self.lock:
            return OrderedDict.__getitem__(self, key)

    def __setitem__(self, key, value):
        with self.lock:
            OrderedDict.__setitem__(self, key, value)


class Shop:
    def __init__(self) -> None:
        self.baskets = Baskets()

    def want(self, who: str, what: str) -> None:
        self.baskets.setdefault(who, []).append(what)


def setup() -> Shop:
    return Shop()


def tea(shop: Shop) -> None:
    shop.want("ann", "tea")


def milk(shop: Shop) -> None:
    shop.want("ann", "milk")


WORKERS = [tea, milk]
EXPECT = {"nonserializable-outcome"}
MAX_SCHEDULES = 30
