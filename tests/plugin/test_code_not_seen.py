"""Packages outside the project: instrumented where a test is about them, else named."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_concurrency._origins import origin_of
from pytest_concurrency.instrument.entered import entered_code
from pytest_concurrency.instrument.project import declared_packages
from pytest_concurrency.instrument.scope import Scope, places_of
from pytest_concurrency.stress.outside.touch import MET_IN_DATABASE
from pytest_concurrency.stress.run import MET_ELSEWHERE

from .conftest import EXPLORED_ONLY, Run

TALLY = """
class Tally:
    def __init__(self):
        self.value = 0

    def add(self):
        seen = self.value
        self.value = seen + 1
"""
DIRECT = """
import pytest
import tallying

@pytest.mark.threadsafe
def test_adds(concurrency):
    tally = tallying.Tally()
    concurrency.run(tally.add)
    assert tally.value == concurrency.count
"""
HARMLESS = """
import pytest
from mine import wrapped

@pytest.mark.threadsafe
def test_adds(concurrency):
    concurrency.run(wrapped)
"""


@pytest.fixture
def elsewhere(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder outside of the project that can be imported from."""
    folder = pytester.path.parent / f"{pytester.path.name}-elsewhere"
    folder.mkdir()
    (folder / "tallying.py").write_text(TALLY)
    monkeypatch.syspath_prepend(folder)
    monkeypatch.delitem(sys.modules, "tallying", raising=False)
    return folder


@pytest.mark.usefixtures("elsewhere")
def test_what_the_test_imports_and_enters_is_instrumented(run: Callable[..., Run]) -> None:
    found = run(DIRECT, *EXPLORED_ONLY)
    (hazard,) = found.of["test_adds"].hazards
    assert (hazard.kind, hazard.location) == ("lost-update", "Tally.value")
    assert found.of["test_adds"].unseen == ()
    again = run("", "test_it.py", f"--concurrency-replay={hazard.replay}")
    assert again.of["test_adds"].hazards[0].location == "Tally.value"


@pytest.mark.usefixtures("elsewhere")
def test_what_is_left_out_by_name(run: Callable[..., Run]) -> None:
    found = run(DIRECT, *EXPLORED_ONLY, "--concurrency-source=-tallying")
    report = found.of["test_adds"]
    assert "code of tallying is not seen" in found.out
    assert "add --concurrency-source" not in found.out
    assert [each.package for each in report.unseen] == ["tallying"]


def test_what_is_entered_but_not_imported_is_named(
    run: Callable[..., Run], elsewhere: Path, pytester: pytest.Pytester
) -> None:
    (elsewhere / "tallying.py").write_text("def nothing(): pass\n")
    pytester.makepyfile(mine="import tallying\ndef wrapped(): tallying.nothing()\n")
    found = run(HARMLESS, *EXPLORED_ONLY, "--concurrency-json=report.json")
    out = " ".join(found.out.split())
    told = "code of tallying is not seen in 1 test; add --concurrency-source=tallying"
    assert told in out
    assert "ok*" not in out
    cell = found.of["test_adds"].cells[1]
    assert (cell.outcome, cell.exhausted, cell.covered) == ("clean", False, 0)
    (test,) = json.loads((pytester.path / "report.json").read_text())["tests"]
    assert test["unseen"] == [{"package": "tallying", "functions": 1, "on_purpose": False}]
    named = run("", *EXPLORED_ONLY, "--concurrency-source=tallying")
    assert "not seen" not in named.out
    assert named.of["test_adds"].cells[1].exhausted


def test_what_stands_in_for_typing_is_not_named(
    run: Callable[..., Run], pytester: pytest.Pytester
) -> None:
    pytest.importorskip("typing_extensions")
    pytester.makepyfile(
        mine="""
        from typing_extensions import get_original_bases

        class Mine: pass

        def wrapped():
            get_original_bases(Mine)
        """
    )
    found = run(HARMLESS, *EXPLORED_ONLY)
    assert found.of["test_adds"].unseen == ()
    assert found.of["test_adds"].cells[1].exhausted


def test_what_the_library_makes_by_exec_is_no_code_of_the_test(run: Callable[..., Run]) -> None:
    found = run(
        """
        import multiprocessing, pytest, doctest

        def one():
            '''
            >>> def two(): return 2
            >>> two()
            2
            '''

        @pytest.mark.threadsafe
        def test_value(concurrency):
            value = multiprocessing.Value("i", 0)
            def add():
                with value.get_lock():
                    value.value += 1
            concurrency.run(add)
            assert value.value == concurrency.count

        @pytest.mark.threadsafe
        def test_examples():
            doctest.run_docstring_examples(one, {})
        """,
        *EXPLORED_ONLY,
    )
    assert found.of["test_value"].unseen == ()
    assert [each.package for each in found.of["test_examples"].unseen] == [""]


def test_code_made_by_exec(run: Callable[..., Run]) -> None:
    found = run(
        """
        import dataclasses, collections
        import pytest

        made = {}
        exec("def step(): pass", made)

        @dataclasses.dataclass
        class Point:
            x: int

        Pair = collections.namedtuple("Pair", "a b")

        @pytest.mark.threadsafe
        def test_made(concurrency): concurrency.run(made["step"])

        @pytest.mark.threadsafe
        def test_boilerplate(concurrency):
            concurrency.run(lambda: (Point(1), repr(Point(2)), Pair(1, 2)))
        """,
        *EXPLORED_ONLY,
    )
    assert "code made by exec() or eval() is not seen" in " ".join(found.out.split())
    assert [each.package for each in found.of["test_made"].unseen] == [""]
    assert found.of["test_boilerplate"].unseen == ()
    assert found.of["test_boilerplate"].cells[1].exhausted


def test_a_package_that_is_not_there(run: Callable[..., Run]) -> None:
    found = run(DIRECT.replace("tallying", "json"), *EXPLORED_ONLY, "--concurrency-source=no.such")
    assert found.ret == pytest.ExitCode.USAGE_ERROR
    (line,) = [line for line in found.result.errlines if line]
    assert line == (
        "ERROR: --concurrency-source (ini option concurrency_source): there is no package or "
        "module 'no.such' that could be imported from here"
    )


def test_the_declared_project_is_found_by_its_distribution(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'pluggy'\n")
    assert declared_packages(tmp_path) == ("pluggy",)
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'no-such-distribution'\n")
    assert declared_packages(tmp_path) == ()
    (tmp_path / "pyproject.toml").write_text("no TOML")
    (tmp_path / "setup.cfg").write_text("[metadata]\nname = pluggy\n")
    assert declared_packages(tmp_path) == ("pluggy",)


def test_dotted_names_are_found_without_importing_anything(elsewhere: Path) -> None:
    package = elsewhere / "loud"
    (package / "inner").mkdir(parents=True)
    (package / "__init__.py").write_text("raise AssertionError('imported')")
    (package / "inner" / "__init__.py").write_text("")
    assert places_of("loud.inner") == [package / "inner"]
    assert places_of("loud.none") == places_of("tallying.none") == []
    scope = Scope([], ["loud", "-loud.inner"])
    assert scope.wants(str(package / "a.py"))
    assert not scope.wants(str(package / "inner" / "a.py"))


def test_the_standard_library_is_known() -> None:
    assert origin_of(json.__file__) == "library"
    assert origin_of("<frozen importlib._bootstrap>") == "library"
    assert origin_of(pytest.__file__) == "runner"


def test_each_function_entered_is_noted_in_all_threads() -> None:
    def inner() -> None: ...

    def outer() -> None:
        inner()

    import threading

    for _ in range(2):  # the second time as well
        with entered_code() as found:
            thread = threading.Thread(target=outer)
            thread.start()
            thread.join()
        assert {outer.__code__, inner.__code__} <= found
    with entered_code() as found:
        pass
    assert outer.__code__ not in found


DATABASE = """
import sqlite3

import pytest


def add(path):
    connection = sqlite3.connect(path)
    with connection:
        (count,) = connection.execute("select count from visits").fetchone()
        connection.execute("update visits set count = ?", (count + 1,))
    connection.close()


@pytest.mark.threadsafe(schedules=40, runs=4, threads=[2])
def test_weak(tmp_path, concurrency):
    path = tmp_path / "visits.db"
    connection = sqlite3.connect(path)
    connection.executescript("create table visits (count); insert into visits values (0)")
    connection.close()
    concurrency.run(lambda: add(path))


@pytest.mark.threadsafe(schedules=40, runs=4, threads=[2])
def test_in_memory():
    connection = sqlite3.connect(":memory:")
    connection.executescript("create table visits (count); insert into visits values (0)")
    connection.close()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="what processes touch is seen on Linux")
def test_nothing_is_claimed_of_threads_that_meet_in_a_database(run: Callable[..., Run]) -> None:
    found = run(DATABASE)
    weak, in_memory = found.of["test_weak"], found.of["test_in_memory"]
    told = [(each.cells[1].exhausted, each.cells[1].shares_nothing) for each in (weak, in_memory)]
    assert told == [(False, False), (True, True)]
    assert MET_ELSEWHERE in weak.notes
    assert weak.isolation.reason.endswith(MET_IN_DATABASE)
    assert MET_IN_DATABASE not in in_memory.isolation.reason
