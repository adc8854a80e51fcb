"""Shelves, stores and the board in the hall."""

from __future__ import annotations

import threading


class Shelf:
    """What is left of each item."""

    def __init__(self, **items: int) -> None:
        self._left = dict(items)

    def left(self, item: str) -> int:
        """How many there are."""
        return self._left[item]

    def take(self, item: str) -> bool:
        """Take one, if there is one."""
        if self._left[item] == 0:
            return False
        self._left[item] -= 1
        return True


class Store:
    """A store that can send stock to another one."""

    def __init__(self, stock: int) -> None:
        self.stock = stock
        self._lock = threading.Lock()

    def send(self, other: Store, amount: int) -> None:
        """Move some stock. Both stores are locked, so that nobody sees it half done."""
        with self._lock, other._lock:
            self.stock -= amount
            other.stock += amount


class Board:
    """The board in the hall: visitors by entrance."""

    def __init__(self) -> None:
        self.visitors: dict[str, int] = {}

    def add(self, entrance: str, visitors: int) -> None:
        """Add visitors that came in by an entrance."""
        self.visitors[entrance] = self.visitors.get(entrance, 0) + visitors
