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
        if each == "read":
            provenance.note_read(0, READ, index)
        if each == "write":
            found = sorted(provenance.reads_in(0, WRITE, index))
    return found


def test_what_was_bound_last(marks: dict[str, int]) -> None:
    assert stored(marks, ["begins", "read", "bound", "read", "bound", "stored", "write"]) == [3]


def test_an_activation_that_failed_in_between_is_another_one(marks: dict[str, int]) -> None:
    whole = ["begins", "read", "bound", "stored", "write"]
    failed = ["begins", "read"]
    without_read = ["begins", "bound", "stored", "write"]
    assert stored(marks, [*whole, *failed, *without_read]) == []


def test_what_is_bound_later_is_not_in_what_was_stored_before(marks: dict[str, int]) -> None:
    noted = [(0, 0, FRAME, marks[each]) for each in ("begins", "bound")]
    noted += [(1, 0, FRAME, marks["stored"]), (3, 0, FRAME, marks["bound"])]
    provenance = Provenance(noted)
    provenance.note_read(0, READ, 2)
    assert not list(provenance.reads_in(0, WRITE, 1))


def test_what_is_written_back_is_so_once() -> None:
    provenance = Provenance([(1, 0, 0, -1 - WRITE), (2, 0, 0, -1 - WRITE), (7, 0, 0, -1 - WRITE)])
    written_back = [provenance.is_written_back(0, WRITE, index) for index in (0, 3, 5, 8)]
    assert written_back == [False, True, False, True]
    assert not provenance.is_written_back(1, WRITE, 9)


def test_an_activation_that_begins_later_has_read_nothing_before(marks: dict[str, int]) -> None:
    went = ["begins", "read", "bound", "stored", "write"]
    noted = [(at, 0, FRAME, marks[each]) for at, each in enumerate(went) if each in marks]
    for before, found in ((None, [1]), (4, [1]), (0, [1])):
        provenance = Provenance(noted)
        provenance.note_read(0, READ, 1)
        assert list(provenance.reads_in(0, WRITE, 4, before)) == found
    later = [(at + 1, *rest) for at, *rest in noted]
    provenance = Provenance(later)
    provenance.note_read(0, READ, 2)
    assert not list(provenance.reads_in(0, WRITE, 5, 0))
