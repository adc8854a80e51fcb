"""Two threads run the same methods, each on an object that it has made for itself."""


class Basket:
    def __init__(self) -> None:
        self.price = 0

    def add(self, price: int) -> None:
        self.price += price


class Shop:
    def __init__(self) -> None:
        self.bills: dict[str, int] = {}

    def shop(self, name: str) -> None:
        basket = Basket()
        for price in (1, 2, 3):
            basket.add(price)
        self.bills[name] = basket.price


def setup() -> Shop:
    return Shop()


def anna(shop: Shop) -> None:
    shop.shop("anna")


def ben(shop: Shop) -> None:
    shop.shop("ben")


WORKERS = [anna, ben]


def check(shop: Shop) -> bool:
    return shop.bills == {"anna": 6, "ben": 6}
