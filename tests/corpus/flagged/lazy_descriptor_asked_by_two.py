"""A descriptor makes a value for whoever asks first, and the instance keeps it: two get two."""


class Lazy:
    def __init__(self, make):
        self.make = make

    def __get__(self, thing, cls):
        made = self.make(thing)
        setattr(thing, self.make.__name__, made)
        return made


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
EXPECT = {"nonserializable-outcome"}
MAX_SCHEDULES = 30
