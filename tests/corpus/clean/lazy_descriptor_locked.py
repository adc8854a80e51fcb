"""A descriptor makes a value for whoever asks first, under a lock, where it looks again."""

from threading import Lock


class Lazy:
    def __init__(self, make):
        self.make = make
        self.lock = Lock()

    def __get__(self, thing, cls):
        name = self.make.__name__
        with self.lock:
            if name not in thing.__dict__:
                thing.__dict__[name] = self.make(thing)
            return thing.__dict__[name]


class Basket:
    def __init__(self) -> None:
        self.items = 0


class Shop:
    @Lazy
    def basket(self) -> Basket:
        return Basket()


def setup() -> Shop:
    return Shop()


def ask(shop: Shop) -> Basket:
    return shop.basket


WORKERS = [ask, ask]
