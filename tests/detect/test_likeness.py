"""States of objects are told apart, and those that are the same are not."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from pytest_concurrency.detect.likeness import likeness_of


class Point:
    def __init__(self, x: Any, y: Any = 0) -> None:
        self.x = x
        self.y = y


class Slots:
    __slots__ = ("x", "y")

    def __init__(self, x: Any) -> None:
        self.x = x


class Both(Slots):
    def __init__(self, x: Any, z: Any) -> None:
        super().__init__(x)
        self.z = z


class Number(int):
    def __format__(self, form: str) -> str:
        raise AssertionError("the program's code was called")

    __index__ = __repr__ = __hash__ = __format__  # type: ignore[assignment]


def in_a_ring(*values: object) -> Point:
    points = [Point(value) for value in values]
    for one, other in zip(points, (*points[1:], points[0]), strict=True):
        one.y = other
    return points[0]


@pytest.mark.parametrize(
    "make",
    [
        lambda n: Point(n),
        lambda n: Point([{"a": n}]),
        lambda n: Slots(n),
        lambda n: Both(0, n),
        lambda n: Both(n, 0),
        lambda n: Number(n),
        lambda n: {n, 3},
        lambda n: in_a_ring(0, 1, n),
        lambda n: Point.__init__.__get__(Point(n)),
    ],
)
@pytest.mark.parametrize(("one", "other"), [(1, 2), (-1, -2), (0, 2**61 - 1)])
def test_values_are_told_apart_however_deep_they_are(make, one, other):
    assert likeness_of(make(one)) == likeness_of(make(one))
    assert likeness_of(make(one)) != likeness_of(make(other))


def test_what_keeps_more_than_its_attributes_is_like_itself_only():
    lock = threading.Lock()
    assert likeness_of(Point(lock)) == likeness_of(Point(lock))
    assert likeness_of(Point(lock)) != likeness_of(Point(threading.Lock()))
    assert likeness_of(threading.local()) != likeness_of(threading.local())


def test_classes_of_one_name_are_told_apart():
    other = type("Point", (Point,), {})
    assert likeness_of(other(1)) != likeness_of(Point(1))
