"""Values, patterns and objects with slots are made when they are needed, maybe twice; nobody can
tell one from the other.
"""

import re
from datetime import date
from decimal import Decimal
from typing import Any


class Money:
    __slots__ = ("amount", "since")

    def __init__(self) -> None:
        self.amount = Decimal("1.50")
        self.since = date(2020, 1, 1)


class Shop:
    def __init__(self) -> None:
        self.price: Money | None = None
        self.pattern: re.Pattern[str] | None = None
        self.known: dict[str, Any] = {}

    def look(self) -> None:
        if self.price is None:
            self.price = Money()
        if self.pattern is None:
            self.pattern = re.compile("a+")
        if "rates" not in self.known:
            self.known["rates"] = [Money(), {"low": Decimal(1)}]


setup = Shop


def look(shop: Shop) -> None:
    shop.look()


def check(shop: Shop) -> bool:
    return shop.price is not None and shop.price.amount == shop.known["rates"][0].amount


WORKERS = [look, look]
