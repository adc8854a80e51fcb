"""Each thread has a key that no other one equals: they count in two items."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

EACH_ONCE = True


@dataclass(frozen=True)
class Sale:
    day: date
    shop: str


State = dict[Sale, int]
setup = dict[Sale, int]


def counting(day: int) -> Callable[[State], None]:
    def count(sold: State) -> None:
        sale = Sale(date(2024, 2, day), "corner")
        sold[sale] = sold.get(sale, 0) + 1

    return count


WORKERS = [counting(28), counting(29)]


def check(sold: State) -> bool:
    return list(sold.values()) == [1, 1]
