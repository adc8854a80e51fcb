"""Who asks twice may hear of two times: the attribute is one call, the descriptor another."""


class Total:
    def __get__(self, shop, cls):
        return sum(shop.prices)

    def __set__(self, shop, value):
        shop.prices = (value,)


class Shop:
    total = Total()

    def __init__(self) -> None:
        self.prices = (320, 280)

    def close(self) -> None:
        self.prices = ()


def setup() -> Shop:
    return Shop()


def look(shop: Shop) -> tuple[tuple[int, ...], int]:
    return shop.prices, shop.total


def close(shop: Shop) -> None:
    shop.close()


WORKERS = [look, close]
