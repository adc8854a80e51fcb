"""A price is lowered for a quote and put back under the lock that each bill takes."""

from __future__ import annotations

import threading

EACH_ONCE = True


class Shop:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.price = 100

    def quote(self) -> str:
        with self.lock:
            usual = self.price
            self.price = usual - 30
            text = f"today: {self.price}"
            self.price = usual
        return text

    def bill(self) -> int:
        with self.lock:
            return 3 * self.price


def setup() -> Shop:
    return Shop()


WORKERS = [Shop.quote, Shop.bill]
