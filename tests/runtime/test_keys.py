"""What keys equal is known without running code of the program."""

from __future__ import annotations

from collections import namedtuple
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from enum import Enum, IntEnum
from fractions import Fraction
from pathlib import Path, PurePath
from types import GenericAlias
from typing import Any
from uuid import UUID

import pytest

from pytest_concurrency.runtime.effects import keys

Pair = namedtuple("Pair", "one other")


class Color(Enum):
    RED = 1
    BLUE = 2


class Number(IntEnum):
    ONE = 1


@dataclass(frozen=True)
class Frozen:
    one: object
    other: object


@dataclass(frozen=True, slots=True)
class Slotted:
    one: object


@dataclass(frozen=True, eq=False)
class Longer(Frozen):
    """Compares no more than what it is derived from."""

    third: object = None


@dataclass(frozen=True)
class OwnHash:
    one: object

    def __hash__(self) -> int:
        raise AssertionError("run by accident")


class OwnEquality:
    def __eq__(self, other: object) -> bool:
        raise AssertionError("run by accident")


class OwnZone(tzinfo):
    def utcoffset(self, _: datetime | None) -> Any:
        raise AssertionError("run by accident")


class OwnTuple(tuple[int, ...]):
    def __eq__(self, other: object) -> bool:
        raise AssertionError("run by accident")

    __hash__ = tuple.__hash__


def _comparable(key: object) -> Any:
    return keys.comparable(key, lambda obj: ("object", id(obj)))


MAKE = [
    lambda n: (n, ("a", None)),
    lambda n: Pair(n, 2),
    lambda n: frozenset([n, Pair(n, 3)]),
    lambda n: date(2024, 1, n),
    lambda n: datetime(2024, 1, n, tzinfo=UTC),
    lambda n: Decimal(n) / 4,
    lambda n: Fraction(n, 7),
    lambda n: Path("folder", str(n)),
    lambda n: PurePath("folder", str(n)),
    lambda n: UUID(int=n),
    lambda n: complex(n, n),
    lambda n: range(n),
    lambda n: Frozen(n, date(2024, 1, n)),
    lambda n: Frozen(Color(n), Slotted(n)),
    lambda n: GenericAlias(list, (int, str)[n - 1]),
]


@pytest.mark.parametrize("make", MAKE)
def test_equal_keys_are_one_and_others_are_not(make: Any) -> None:
    one, same, other = make(1), make(1), make(2)
    assert one == same
    assert one != other
    assert _comparable(one) == _comparable(same)
    assert _comparable(one) != _comparable(other)
    assert hash(_comparable(one)) == hash(_comparable(same))


def test_what_is_equal_although_the_types_differ() -> None:
    assert _comparable(Pair(1, 2)) == _comparable((1, 2))
    assert _comparable(Number.ONE) == _comparable(1)
    assert _comparable(Path("a")) == _comparable(PurePath("a"))
    assert _comparable(Longer(1, 2, 3)) == _comparable(Longer(1, 2, 4))
    assert _comparable(Longer(1, 2, 3)) != _comparable(Frozen(1, 2))


@pytest.mark.parametrize(
    "key",
    [
        object(),
        Color.RED,
        OwnHash(1),
        OwnEquality(),
        OwnTuple([1]),
        Decimal("sNaN"),
        datetime(2024, 1, 1, tzinfo=OwnZone()),
    ],
)
def test_what_else_is_known_as_an_object(key: object) -> None:
    assert _comparable(key) == ("object", id(key))
    assert _comparable((key, 1)) == (("object", id(key)), 1)


def test_an_item_is_found_by_an_equal_key() -> None:
    held: dict[Any, str] = {OwnHash: "class", Frozen(1, 2): "by value", (1, Color.RED): "parts"}
    assert keys.item_of(held, OwnHash) == "class"
    assert keys.item_of(held, Frozen(1, 2)) == "by value"
    assert keys.item_of(held, (1, Color.RED)) == "parts"
    assert keys.item_of(held, (1, Color.BLUE), "none") == "none"
    assert keys.item_of(held, Frozen(2, 2), "none") == "none"
