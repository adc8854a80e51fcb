"""Where nobody watched, a failure has the place of the same failure in an explored cell."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_concurrency.model import Cell, CellResult, Hazard, Site, SiteUse
from pytest_concurrency.stress.borrowing import with_places

SYMPTOM = ("test-failure", "AssertionError", "test_it.py", 9)
RAISED = SiteUse(Site("test_it.py", 9), 0, "call")
READ, WRITE = (SiteUse(Site("it.py", line), thread, "read") for line, thread in ((3, 1), (4, 2)))
KNOWN = Hazard("test-failure", "", "Box.value", (READ, WRITE), symptom=SYMPTOM, replay="c1")
SEEN = Hazard("test-failure", "fails in 1 of 20 runs", sites=(RAISED,), symptom=SYMPTOM)


def explored(*hazards: Hazard, threads: int = 2) -> CellResult:
    return CellResult(Cell("explored", threads), "hazard", hazards=hazards)


def free(hazard: Hazard = SEEN, threads: int = 2) -> CellResult:
    return CellResult(Cell("free-running", threads), "hazard", hazards=(hazard,))


def in_processes(hazard: Hazard = SEEN) -> CellResult:
    return CellResult(Cell("processes", processes=2), "hazard", hazards=(hazard,))


def last_of(*results: CellResult) -> Hazard:
    return with_places(results)[-1].hazards[0]


@pytest.mark.parametrize("kind", ["test-failure", "lost-update"])
def test_the_same_failure_has_the_same_place(kind: str) -> None:
    borrowed = last_of(explored(replace(KNOWN, kind=kind)), free())
    assert borrowed.location == "Box.value"
    assert borrowed.sites == (READ, WRITE)
    assert borrowed.message == SEEN.message
    assert borrowed.note == "where it comes from is known from the same failure in explored 2T"


@pytest.mark.parametrize(
    "other",
    [
        ("thread-exception", *SYMPTOM[1:]),
        (SYMPTOM[0], "KeyError", *SYMPTOM[2:]),
        (*SYMPTOM[:3], 10),
        None,
    ],
)
def test_another_failure_has_another_place(other: tuple[str, str, str, int] | None) -> None:
    assert last_of(explored(replace(KNOWN, symptom=other)), free()) == SEEN
    unknown = replace(SEEN, symptom=other)
    assert last_of(explored(KNOWN), free(unknown)) == unknown


def test_a_failure_without_a_place_gives_none() -> None:
    assert last_of(explored(replace(KNOWN, location="")), free()) == SEEN


def test_the_cell_with_as_many_threads_comes_first() -> None:
    two, four = KNOWN, replace(KNOWN, location="Box.other")
    cells = explored(two), explored(four, threads=4)
    assert last_of(*cells, free(threads=4)).location == "Box.other"
    assert last_of(*cells, free(threads=2)).location == "Box.value"


def test_what_may_come_from_either_names_both() -> None:
    other = replace(KNOWN, location="Box.other", sites=(WRITE,))
    assert last_of(explored(KNOWN, other), free()).location == "Box.value and Box.other"


def test_processes_meet_on_files_only() -> None:
    assert last_of(explored(KNOWN), in_processes()) == SEEN
    on_file = replace(KNOWN, location="file log.txt")
    assert last_of(explored(on_file), in_processes()).location == "file log.txt"


@pytest.mark.parametrize("kind", ["lost-update", "atomicity-violation"])
def test_threads_at_full_speed_fail_by_what_explains_it(kind: str) -> None:
    lost = replace(KNOWN, kind=kind)
    assert last_of(explored(lost), free()).identity == lost.identity
    on_file = replace(lost, location="file log.txt")
    assert last_of(explored(on_file), in_processes()).kind == "test-failure"
    other = replace(KNOWN, location="Box.other")
    assert last_of(explored(lost, other), free()).kind == "test-failure"


STACK = """thread 1:
  File "/p/it.py", line 3 in one
  File "/p/test_it.py", line 9 in test_it

thread 2:
  File "/p/it.py", line 4 in other"""
WAITS = tuple(SiteUse(Site("/p/it.py", line), thread, "wait") for line, thread in ((3, 1), (4, 2)))
LOCKED = Hazard("deadlock", "no thread can go on", "lock a and lock b", WAITS, replay="c1")
HUNG = Hazard("timeout", "does not end in 1 of 20 runs", detail=STACK)


def test_a_hang_where_the_threads_of_a_deadlock_wait_is_that_deadlock() -> None:
    named = last_of(explored(LOCKED), free(HUNG))
    assert named.identity == LOCKED.identity
    assert named.message == HUNG.message
    assert named.note == "its threads stand where those of the deadlock in explored 2T wait"


@pytest.mark.parametrize(
    ("stack", "known"),
    [
        (STACK.replace("line 4", "line 5"), LOCKED),
        (STACK, replace(LOCKED, sites=())),
        (STACK, replace(LOCKED, kind="no-progress")),
        ("", LOCKED),
    ],
)
def test_another_hang_is_told_by_itself(stack: str, known: Hazard) -> None:
    hung = replace(HUNG, detail=stack)
    assert last_of(explored(known), free(hung)) == hung


def test_processes_do_not_wait_for_locks_of_threads() -> None:
    assert last_of(explored(LOCKED), in_processes(HUNG)) == HUNG
