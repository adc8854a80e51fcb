"""Failing schedules survive from run to run; whatever happened to their file costs nothing."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_concurrency.model import Schedule
from pytest_concurrency.search.saved import MOST, Failing, SavedFailures

TEST = "tests/test_it.py::test_it[é/x]"
numbers = st.integers(0, 10_000)
failing = st.builds(
    Failing,
    st.integers(1, 64),
    st.lists(st.tuples(numbers, numbers, numbers), max_size=5).map(lambda s: Schedule(tuple(s))),
)
SOME = Failing(2, Schedule(((1, 2, 2), (2, 7, 1))))


@given(st.lists(failing, max_size=MOST, unique=True))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_stored_is_loaded(tmp_path: Path, given: list[Failing]) -> None:
    saved = SavedFailures(tmp_path / "concurrency")
    assert saved.store(TEST, given) == ""
    assert saved.load(TEST) == (given, "")


def test_nothing_to_keep_leaves_no_file(tmp_path: Path) -> None:
    saved = SavedFailures(tmp_path)
    saved.store(TEST, [SOME])
    assert len(list(tmp_path.iterdir())) == 1
    saved.store(TEST, [])
    assert not list(tmp_path.iterdir())
    assert saved.load(TEST) == ([], "")


def test_tests_have_files_of_their_own(tmp_path: Path) -> None:
    saved = SavedFailures(tmp_path)
    saved.store(TEST, [SOME])
    assert saved.load("tests/test_it.py::test_other") == ([], "")


def test_without_a_folder_nothing_is_kept() -> None:
    saved = SavedFailures(None)
    assert saved.store(TEST, [SOME]) == ""
    assert saved.load(TEST) == ([], "")


def test_not_more_than_so_many_are_kept(tmp_path: Path) -> None:
    saved = SavedFailures(tmp_path)
    saved.store(TEST, [Failing(count, Schedule()) for count in range(1, 60)])
    assert len(saved.load(TEST)[0]) == MOST


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"failing": []}',
        '{"version": 1}',
        '{"version": 1, "failing": 7}',
        '{"version": 1, "failing": [[]]}',
        '{"version": 1, "failing": [{"threads": "2", "switches": []}]}',
        '{"version": 1, "failing": [{"threads": 2, "switches": [[1, 2]]}]}',
        '{"version": 1, "failing": [{"threads": 2, "switches": [[1, 2, -1]]}]}',
        "\udcff",
        "[" * 100_000,
    ],
)
def test_a_corrupt_file_is_set_aside(tmp_path: Path, text: str) -> None:
    saved = SavedFailures(tmp_path)
    saved.store(TEST, [SOME])
    (path,) = tmp_path.iterdir()
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    loaded, problem = saved.load(TEST)
    assert loaded == []
    assert "\n" not in problem
    assert "corrupt" in problem
    assert [each.suffix for each in tmp_path.iterdir()] == [".corrupt"]
    assert saved.load(TEST) == ([], "")


def test_a_file_of_a_later_version_is_ignored(tmp_path: Path) -> None:
    saved = SavedFailures(tmp_path)
    saved.store(TEST, [SOME])
    (path,) = tmp_path.iterdir()
    path.write_text(json.dumps({**json.loads(path.read_text()), "version": 99}))
    assert saved.load(TEST) == ([], "")
    assert path.exists()


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="permissions are others")
def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    saved = SavedFailures(tmp_path / "file" / "below")
    assert "are not saved in" in saved.store(TEST, [SOME])
    loaded, problem = saved.load(TEST)
    assert loaded == []
    assert "cannot be read" in problem
