"""Totals over several boxes are carried over into one of them, under one lock."""

from __future__ import annotations

import threading


class Box:
    def __init__(self, value: int) -> None:
        self.value = value


class Shelf:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.boxes = [Box(1), Box(1)]

    def carry_over(self) -> None:
        with self.lock:
            total = 0
            for box in self.boxes:
                total += box.value
            self.boxes[0].value = total


def setup() -> Shelf:
    return Shelf()


WORKERS = [Shelf.carry_over, Shelf.carry_over]


def check(shelf: Shelf) -> bool:
    return shelf.boxes[0].value == 3
