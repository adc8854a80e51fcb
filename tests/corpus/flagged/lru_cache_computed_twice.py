"""lru_cache remembers results, but does not keep two threads from computing one at once."""

from functools import lru_cache

EXPECT = {"test-failure", "lost-update"}
MAX_SCHEDULES = 100
charged: list[str] = []


@lru_cache
def charge(customer: str) -> int:
    charged.append(customer)
    return len(charged)


def setup() -> None:
    charge.cache_clear()
    charged.clear()


def order(_: None) -> None:
    charge("anna")


WORKERS = [order, order]


def check(_: None) -> bool:
    return charged == ["anna"]
