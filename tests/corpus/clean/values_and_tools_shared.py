"""A pattern, a Decimal, a date and a logger, used by both threads: nobody changes any of them."""

import logging
import re
from datetime import datetime, timedelta
from decimal import Decimal


class Bill:
    def __init__(self) -> None:
        self.line = re.compile(r"(\w+) *: *(\d+)")
        self.tax = Decimal("1.20")
        self.written = datetime(2024, 2, 28)
        self.log = logging.getLogger("corpus.bill")

    def price(self, text: str) -> Decimal:
        match = self.line.fullmatch(text)
        assert match is not None
        self.log.debug("price of %s", match[1])
        return (int(match[2]) * self.tax).quantize(Decimal("0.01"))

    def due(self) -> str:
        return (self.written + timedelta(days=2)).strftime("%d.%m.%Y")


def setup() -> Bill:
    return Bill()


def sell(bill: Bill) -> None:
    assert bill.price("tea: 3") == Decimal("3.60")
    assert bill.due() == "01.03.2024"
    assert logging.getLogger("corpus.bill") is bill.log


WORKERS = [sell, sell]
