"""A table is read, changed and stored by two who set the same; a registry has the same names."""


class Table:
    def __init__(self, name: str) -> None:
        self.name = name


class Shop:
    def __init__(self) -> None:
        self.tables = {"prices": Table("prices")}
        self.stored = {"prices": {"tea": 300, "milk": 120}}

    def set_price(self, of: str, price: int) -> None:
        name = self.tables["prices"].name
        table = dict(self.stored[name])
        table[of] = price
        self.stored[name] = table


def setup() -> Shop:
    return Shop()


def raise_tea(shop: Shop) -> None:
    shop.set_price("tea", 320)


WORKERS = [raise_tea, raise_tea]
