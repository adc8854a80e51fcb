"""A price is lowered for a quote, and put back: a bill of that moment goes by it."""

from __future__ import annotations

EXPECT = {"stale-read"}
MAX_SCHEDULES = 50
EACH_ONCE = True


class Shop:
    def __init__(self) -> None:
        self.price = 100

    def quote(self) -> str:
        usual = self.price
        self.price = usual - 30
        text = f"today: {self.price}"
        self.price = usual
        return text

    def bill(self) -> int:
        return 3 * self.price


def setup() -> Shop:
    return Shop()


WORKERS = [Shop.quote, Shop.bill]
