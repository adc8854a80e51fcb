"""Files written in one call: who looks between its two steps finds an empty one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from watching import load

from pytest_concurrency import explore

PROGRAM = """
    import json
    from pathlib import Path
    class Own(type(Path())):
        def write_text(self, data):
            self.said = data
            return 7
    def writes(path):
        return path.write_text("new")
    def writes_bytes(path):
        return path.write_bytes(b"new")
    def writes_what_is_made_meanwhile(path):
        return path.write_text(json.loads('"new"'))
    def writes_nonsense(path):
        path.write_text(1)
    def reads(path):
        seen = path.read_text()
        assert seen in ("old", "new"), seen
"""


@pytest.fixture
def program(tmp_path: Path) -> Any:
    return load(tmp_path, PROGRAM)


@pytest.mark.parametrize("name", ["writes", "writes_bytes", "writes_what_is_made_meanwhile"])
def test_a_reader_may_find_it_empty(program: Any, tmp_path: Path, name: str) -> None:
    path = tmp_path / "settings"

    def setup() -> Path:
        path.write_text("old")
        return path

    found = explore(setup, [getattr(program, name), program.reads], schedules=50)
    (hazard,) = found.hazards
    assert hazard.location == "file settings"
    assert {site.op for site in hazard.sites} == {"read", "write"}


def one_execution(setup: Any, work: Any) -> Any:
    return explore(setup, [work], schedules=1)


def test_it_returns_what_it_always_does(program: Any, tmp_path: Path) -> None:
    path, got = tmp_path / "settings", []
    one_execution(lambda: path, lambda it: got.append(program.writes(it)))
    assert (got[0], path.read_text()) == (3, "new")


def test_what_is_no_text_leaves_the_file_as_it_is(program: Any, tmp_path: Path) -> None:
    path, raised = tmp_path / "settings", []
    path.write_text("old")

    def work(it: Path) -> None:
        with pytest.raises(TypeError, match="data must be str"):
            program.writes_nonsense(it)
        raised.append(True)

    one_execution(lambda: path, work)
    assert raised
    assert path.read_text() == "old"


def test_what_is_no_file_is_written_once(program: Any, tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        one_execution(lambda: path, program.writes)
        assert set(os.read(reader, 100).split(b"new")) == {b""}
    finally:
        os.close(reader)


def test_a_method_of_the_programs_own_is_called_as_it_is(program: Any, tmp_path: Path) -> None:
    path = program.Own(tmp_path / "settings")
    one_execution(lambda: path, program.writes)
    assert path.said == "new"
    assert not path.exists()


DESCRIPTORS = """
    import os
    def counts(number):
        os.lseek(number, 0, 0)
        seen = int(os.read(number, 10) or b"0")
        os.lseek(number, 0, 0)
        os.write(number, str(seen + 1).encode())
"""


def test_what_a_descriptor_is_of_has_one_name_whatever_its_number(tmp_path: Path) -> None:
    program = load(tmp_path, DESCRIPTORS)
    path, open_now = tmp_path / "count", []

    def setup() -> int:
        path.write_text("0")
        open_now.append(os.open(path, os.O_RDWR))
        return open_now[-1]

    def check(number: int) -> bool:
        return path.read_text() == "2"

    found = explore(setup, [program.counts] * 2, check, schedules=30)
    for number in open_now:
        os.close(number)
    assert len(set(open_now)) > 1
    assert found.hazards
    assert {hazard.location for hazard in found.hazards} == {"file count"}
