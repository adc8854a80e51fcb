"""Whose states are looked at where an execution is recorded to judge what may be a hazard."""

from __future__ import annotations

import itertools
from unittest.mock import Mock

import pytest

from pytest_concurrency import explore
from pytest_concurrency.detect import effects
from pytest_concurrency.detect.likeness import likeness_of


class Made:
    def __init__(self, number: int = 0) -> None:
        self.number = number


class Private(Made):
    pass


class Holder:
    kept: Private | None = None


def keep_twice(holder: Holder) -> None:
    holder.kept = Private()
    holder.kept = Private()


class Maker:
    def __init__(self) -> None:
        self.made: Made | None = None
        self.numbers = itertools.count()

    def make_alike(self) -> None:
        keep_twice(Holder())
        if self.made is None:
            self.made = Made()

    def make_another(self) -> None:
        keep_twice(Holder())
        if self.made is None:
            self.made = Made(next(self.numbers))


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> Mock:
    found = Mock(wraps=likeness_of)  # no function of this file, which is instrumented
    monkeypatch.setattr(effects, "likeness_of", found)
    return found


def kinds(looked_at: Mock) -> set[type]:
    return {type(call.args[0]) for call in looked_at.call_args_list}


def test_only_of_what_is_in_doubt(looked_at: Mock) -> None:
    assert not explore(Maker, [Maker.make_alike] * 2, schedules=60).hazards
    assert Made in kinds(looked_at)
    assert Private not in kinds(looked_at)


def test_what_differs_is_found() -> None:
    (hazard,) = explore(Maker, [Maker.make_another] * 2, schedules=60).hazards
    assert hazard.kind == "atomicity-violation"
    assert hazard.location == "Maker.made"
