"""Each thread makes the key for itself, and both are equal: they count in one item."""

from dataclasses import dataclass
from datetime import date

EXPECT = {"lost-update"}
MAX_SCHEDULES = 50


@dataclass(frozen=True)
class Sale:
    day: date
    shop: str


setup = dict[Sale, int]


def count(sold: dict[Sale, int]) -> None:
    sale = Sale(date(2024, 2, 29), "corner")
    sold[sale] = sold.get(sale, 0) + 1


WORKERS = [count, count]


def check(sold: dict[Sale, int]) -> bool:
    return list(sold.values()) == [2]
