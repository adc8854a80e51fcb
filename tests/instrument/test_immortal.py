"""Functions are found where the program keeps them, also without the garbage collector."""

from __future__ import annotations

import sys
from functools import wraps
from types import ModuleType

import pytest

from pytest_concurrency.instrument.immortal import forgotten_functions


def decorated(function):
    @wraps(function)
    def wrapper(*args):
        return function(*args)

    del wrapper.__wrapped__
    return wrapper


class Outer:
    def method(self):
        """Do nothing."""

    @staticmethod
    def static():
        """Do nothing."""

    @classmethod
    def of_class(cls):
        """Do nothing."""

    @property
    def prop(self):
        """Do nothing."""

    @decorated
    def inside(self):
        """Do nothing."""

    class Inner:
        def deep(self):
            """Do nothing."""


def plain():
    """Do nothing."""


def test_functions_are_reached_from_their_modules(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("a_module_of_its_own")
    module.__dict__.update(Outer=Outer, table={"plain": [plain]})
    monkeypatch.setattr(sys, "modules", {"a_module_of_its_own": module})
    found = {getattr(obj, "__qualname__", "") for obj in forgotten_functions([])}
    assert {
        "plain",
        "Outer.method",
        "Outer.static",
        "Outer.of_class",
        "Outer.prop",
        "Outer.inside",
        "Outer.Inner.deep",
    } <= found


def test_of_a_module_only_its_namespace_is_gone_through(monkeypatch: pytest.MonkeyPatch) -> None:
    class Lazy(ModuleType):
        """Keeps something beside its namespace."""

        __slots__ = ("aside",)

    module = Lazy("a_module_of_its_own")
    kept: list[object] = []
    Lazy.aside.__set__(module, kept)  # type: ignore[attr-defined]
    module.table = [Outer]  # type: ignore[attr-defined]
    with monkeypatch.context() as patch:
        patch.setattr(sys, "modules", {"a_module_of_its_own": module})
        found = forgotten_functions([])
    assert any(obj is Outer for obj in found)
    assert all(obj is not kept for obj in found)


def test_what_is_known_is_not_found_again() -> None:
    assert all(obj is not plain for obj in forgotten_functions([plain]))
