"""A descriptor makes a value for whoever asks first; a second one equals it."""


class Lazy:
    def __init__(self, make):
        self.make = make

    def __get__(self, thing, cls):
        made = self.make(thing)
        setattr(thing, self.make.__name__, made)
        return made


class Shop:
    def __init__(self) -> None:
        self.prices = (320, 280)

    @Lazy
    def total(self) -> int:
        return sum(self.prices)


def setup() -> Shop:
    return Shop()


def ask(shop: Shop) -> int:
    return shop.total


WORKERS = [ask, ask]
