"""A value computed at first use: two threads may both compute it, and nobody can tell."""

from __future__ import annotations


class Rectangle:
    def __init__(self, width: int, height: int) -> None:
        self.width = width
        self.height = height
        self._area: int | None = None
        self.answers = [0, 0]

    def area(self) -> int:
        if self._area is None:
            self._area = self.width * self.height
        return self._area


def setup() -> Rectangle:
    return Rectangle(6, 7)


def ask_first(rectangle: Rectangle) -> None:
    rectangle.answers[0] = rectangle.area()


def ask_second(rectangle: Rectangle) -> None:
    rectangle.answers[1] = rectangle.area()


WORKERS = [ask_first, ask_second]


def check(rectangle: Rectangle) -> bool:
    return rectangle.answers == [42, 42]
