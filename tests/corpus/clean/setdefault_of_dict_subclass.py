"""``setdefault`` of a dictionary asks none of the methods that its class has: it is one step."""

from threading import RLock


class Baskets(dict):
    def __init__(self) -> None:
        super().__init__()
        self.lock = RLock()

    def __contains__(self, key):
        with self.lock:
            return dict.__contains__(self, key)

    def __getitem__(self, key):
        with self.lock:
            return dict.__getitem__(self, key)

    def __setitem__(self, key, value):
        with self.lock:
            dict.__setitem__(self, key, value)


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
