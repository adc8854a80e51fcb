"""Which globals belong to an outcome, and when the program's are looked through for them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pytest_concurrency.detect.outcomes import touched
from pytest_concurrency.runtime.trace.event import access

_WRITTEN_BY_TWO = [access(thread, 0, 1, "limit", "write") for thread in (1, 2)]


SHARED = [1, 2]
"""What workers are given, or find in a global."""
NAMESPACE = {"limit": 3, "shared": SHARED}


@pytest.fixture
def looked_through(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    looks: list[str] = []

    def found() -> Iterator[tuple[str, object, str, object]]:
        looks.append("all")
        for key, value in NAMESPACE.items():
            yield f"module.{key}", NAMESPACE, key, value

    monkeypatch.setattr(touched, "_globals", found)
    return looks


def kept(obj: object, names: frozenset[str] = frozenset(), *, is_known: bool = False) -> list[str]:
    """The names of what is told when two threads have written to ``obj``."""
    found = touched.kept_in_modules(_WRITTEN_BY_TWO, {1: obj}, names, lambda value: is_known)
    return [name for name, _ in found]


def test_what_the_workers_were_given_is_not_looked_for(looked_through: list[str]) -> None:
    assert kept(SHARED, frozenset({"state"}), is_known=True) == []
    assert not looked_through


def test_what_nobody_was_given_is(looked_through: list[str]) -> None:
    assert kept(SHARED) == ["module.shared"]
    assert looked_through


def test_what_was_rebound_in_a_namespace_is(looked_through: list[str]) -> None:
    assert kept(NAMESPACE, is_known=True) == ["module.limit"]
    assert looked_through


def test_so_is_what_another_order_has_told(looked_through: list[str]) -> None:
    assert kept(SHARED, frozenset({"module.limit"}), is_known=True) == ["module.limit"]
    assert looked_through
