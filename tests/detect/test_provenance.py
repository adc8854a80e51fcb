"""Which reads are in what is stored, by the marks of the activations."""

from __future__ import annotations

import pytest

from pytest_concurrency.detect.provenance import Provenance
from pytest_concurrency.runtime.helpers.marks import MEANINGS, Meaning, Origin

READ, WRITE, FRAME = 1, 2, 3


def meant(**parts: object) -> int:
    MEANINGS.append(Meaning(**parts))  # type: ignore[arg-type]
    return len(MEANINGS) - 1


@pytest.fixture
def marks() -> dict[str, int]:
    """``x = READ`` or another value, ``WRITE = x``."""
    return {
        "begins": meant(begins=True),
        "bound": meant(bound=(("x", Origin(frozenset({READ}), frozenset())),)),
        "stored": meant(stored=((WRITE, Origin(frozenset(), frozenset({"x"}))),)),
    }


def stored(marks: dict[str, int], went: list[str]) -> list[int]:
    """Return which reads are in the last write, as indices into ``went``."""
    noted = [(at, 0, FRAME, marks[each]) for at, each in enumerate(went) if each in marks]
    provenance, found = Provenance(noted), []
    for index, each in enumerate(went):
        provenance.advance(index)
        if each == "read":
            provenance.note_read(0, READ, index)
        if each == "write":
            found = sorted(provenance.reads_in(0, WRITE))
    return found


def test_what_was_bound_last(marks: dict[str, int]) -> None:
    assert stored(marks, ["begins", "read", "bound", "read", "bound", "stored", "write"]) == [3]


def test_an_activation_that_failed_in_between_is_another_one(marks: dict[str, int]) -> None:
    whole = ["begins", "read", "bound", "stored", "write"]
    failed = ["begins", "read"]
    without_read = ["begins", "bound", "stored", "write"]
    assert stored(marks, [*whole, *failed, *without_read]) == []
