"""What we rely on of pytest's private names, on each version."""

from __future__ import annotations

import ast
import inspect
import io
import unittest
from pathlib import Path
from typing import Any

import pytest

from pytest_concurrency import _pytest_compat

pytest_plugins = ["pytester"]


@pytest.fixture
def item(pytester: pytest.Pytester) -> pytest.Function:
    found = pytester.getitem(
        """
        import pytest

        @pytest.fixture
        def inner():
            yield 1

        @pytest.fixture(scope="module")
        def wide():
            return 2

        class TestIt:
            def test_it(self, inner, request):
                request.getfixturevalue("wide")

        def test_func(): ...
        """,
        "test_it",
    )
    assert isinstance(found, pytest.Function)
    return found


def set_up(item: pytest.Function) -> None:
    _pytest_compat.make_request(item)
    _pytest_compat.setup_state(item).setup(item)


def tear_down(item: pytest.Function) -> None:
    _pytest_compat.setup_state(item).teardown_exact(None)


# -- plugins of its own ---------------------------------------------------------------------


def test_names_of_plugins(pytestconfig: pytest.Config) -> None:
    assert _pytest_compat.capture_manager(pytestconfig) is not None
    assert _pytest_compat.terminal_reporter(pytestconfig) is not None
    import _pytest.debugging

    assert f'"{_pytest_compat.DEBUGGER}"' in inspect.getsource(_pytest.debugging)


def test_capture_manager(pytestconfig: pytest.Config, capsys: pytest.CaptureFixture[str]) -> None:
    manager = _pytest_compat.capture_manager(pytestconfig)
    assert _pytest_compat.captured_by(manager) is capsys
    _pytest_compat.let_capture(manager, None)
    assert _pytest_compat.captured_by(manager) is None
    _pytest_compat.let_capture(manager, capsys)
    methods = {
        "unset_fixture",
        "suspend_global_capture",
        "resume_global_capture",
        "read_global_capture",
        "global_and_fixture_disabled",
    }
    assert methods <= {*dir(manager)}


@pytest.mark.parametrize(("option", "count"), [("fd", 2), ("sys", 0), ("no", 0)])
def test_captured_descriptors(pytester: pytest.Pytester, option: str, count: int) -> None:
    pytester.makepyfile(
        f"""
        import os
        from pytest_concurrency import _pytest_compat

        def test_it(pytestconfig):
            manager = _pytest_compat.capture_manager(pytestconfig)
            found = _pytest_compat.captured_descriptors(manager)
            assert [number for number, _, _ in found] == [1, 2][:{count}]
            for number, file, kept in found:
                assert os.fstat(number).st_ino == os.fstat(file.fileno()).st_ino
                assert os.fstat(kept).st_ino != os.fstat(number).st_ino
        """
    )
    pytester.runpytest_subprocess(f"--capture={option}").assert_outcomes(passed=1)


def test_writer_of_the_terminal(pytestconfig: pytest.Config) -> None:
    writer = _pytest_compat.writer_of(_pytest_compat.terminal_reporter(pytestconfig))
    assert isinstance(writer, _pytest_compat.TerminalWriter)
    assert writer.fullwidth > 0
    assert writer.width_of_current_line >= 0


def test_file_of_a_writer() -> None:
    first, second = io.StringIO(), io.StringIO()
    writer = _pytest_compat.TerminalWriter(first)
    assert _pytest_compat.file_of(writer) is first
    _pytest_compat.write_to(writer, second)
    writer.write("here")
    writer.flush()
    assert (first.getvalue(), second.getvalue()) == ("", "here")
    assert _pytest_compat.file_of(None) is None


def test_columns() -> None:
    assert _pytest_compat.wcswidth("aé漢") == 4
    assert _pytest_compat.wcwidth("漢") == 2


def test_representations() -> None:
    entry = _pytest_compat.ReprEntryNative(["one\n", "two\n"])
    traceback = _pytest_compat.ReprTraceback([entry], None, style="native")
    assert str(traceback).rstrip() == "one\ntwo"
    place = _pytest_compat.ReprFileLocation("a.py", 3, "message")
    assert (place.path, place.lineno, place.message) == ("a.py", 3, "message")
    assert hasattr(_pytest_compat.TerminalRepr, "toterminal")


def test_rewriting_of_asserts() -> None:
    source = "def test_it():\n    assert f() == 3\n"
    tree = ast.parse(source)
    _pytest_compat.rewrite_asserts(tree, source.encode(), "test_it.py")
    assert "@py_assert" in ast.dump(tree)
    assert isinstance(tree.body[0], ast.Import)


def test_a_failure_that_is_known_is_told_in_brief(item: pytest.Function) -> None:
    def told(*, is_known: bool) -> str:
        vars(item)["runtest"] = lambda: int("none")
        parent: Any = item.parent
        with _pytest_compat.failure_in_brief(item, lambda: is_known):
            reports = _pytest_compat.runtestprotocol(item, log=False, nextitem=parent)
        return next(each.longreprtext for each in reports if each.when == "call")

    assert told(is_known=True) == "ValueError"
    assert "invalid literal" in told(is_known=False)
    assert "repr_failure" not in vars(item)


# -- fixtures -------------------------------------------------------------------------------


def test_fixtures(item: pytest.Function) -> None:
    assert tuple(_pytest_compat.argument_names(item)) == ("inner", "request")
    definition = _pytest_compat.fixtures_by_name(item)["inner"][-1]
    assert (definition.scope, definition.cached_result) == ("function", None)
    set_up(item)
    assert definition.cached_result[0] == 1
    assert _pytest_compat.finalizers_of(definition)
    assert any(each is definition for each in _pytest_compat.fixtures_asked_for(item))
    item.runtest()
    assert {each.argname for each in _pytest_compat.fixtures_asked_for(item)} >= {"wide"}
    tear_down(item)
    assert definition.cached_result is None
    assert not _pytest_compat.finalizers_of(definition)


def test_finalizers_are_the_list_itself(item: pytest.Function) -> None:
    set_up(item)
    definition = _pytest_compat.fixtures_by_name(item)["inner"][-1]
    before = list(_pytest_compat.finalizers_of(definition))
    _pytest_compat.finalizers_of(definition).clear()
    assert not _pytest_compat.finalizers_of(definition)
    _pytest_compat.finalizers_of(definition)[:] = before
    tear_down(item)
    assert definition.cached_result is None


def test_requests_are_made_anew(item: pytest.Function) -> None:
    set_up(item)
    tear_down(item)
    _pytest_compat.forget_requests(item)
    reports = _pytest_compat.runtestprotocol(item, log=False, nextitem=item.parent)  # type: ignore[arg-type]
    assert [(each.when, each.outcome) for each in reports] == [
        ("setup", "passed"),
        ("call", "passed"),
        ("teardown", "passed"),
    ]
    assert item.session._setupstate.stack  # what is wider stays
    tear_down(item)


# -- an item and its set-up -----------------------------------------------------------------


def test_an_instance_of_ones_own(item: pytest.Function) -> None:
    first = item.obj.__self__
    assert item.obj.__self__ is first
    _pytest_compat.forget_instance(item)
    assert item.obj.__self__ is not first


def test_what_unittest_keeps_to_itself(pytester: pytest.Pytester) -> None:
    item = pytester.getitem(
        """
        import unittest

        class TestIt(unittest.TestCase):
            def setUp(self):
                raise ValueError("here")

            def test_it(self): ...

            def test_func(self): ...
        """,
        "test_it",
    )
    assert _pytest_compat.is_unittest(item)
    assert issubclass(item.parent.obj, unittest.TestCase)  # type: ignore[union-attr]
    set_up(item)
    item.runtest()
    (error,) = _pytest_compat.errors_in(item)
    assert isinstance(error.value, ValueError)
    _pytest_compat.forget_errors(item)
    assert _pytest_compat.errors_in(item) == []
    tear_down(item)


def test_sections_are_the_list_itself(item: pytest.Function) -> None:
    item.add_report_section("call", "stdout", "here")
    assert _pytest_compat.report_sections(item) == [("call", "stdout", "here")]
    _pytest_compat.report_sections(item).clear()
    assert _pytest_compat.report_sections(item) == []


def test_the_stash_is_brought_back(item: pytest.Function) -> None:
    key = pytest.StashKey[int]()
    before = _pytest_compat.stashed(item)
    item.stash[key] = 1
    assert key not in before
    _pytest_compat.put_stashed(item, before)
    assert key not in item.stash


def test_set_up_of_an_item(item: pytest.Function) -> None:
    assert _pytest_compat.setup_entry(item) is None
    set_up(item)
    entry = _pytest_compat.setup_entry(item)
    finalizers, _ = entry
    assert isinstance(finalizers, list)
    _pytest_compat.put_setup_entry(item, None)
    assert _pytest_compat.setup_entry(item) is None
    _pytest_compat.put_setup_entry(item, None)
    _pytest_compat.put_setup_entry(item, entry)
    assert _pytest_compat.setup_entry(item) is entry
    tear_down(item)
    assert _pytest_compat.setup_entry(item) is None


def test_nothing_is_imported_that_pytest_has_not_imported(pytester: pytest.Pytester) -> None:
    path = pytester.makepyfile(
        conftest="""
        import sys

        def pytest_configure():
            before = {*sys.modules}
            import pytest_concurrency._pytest_compat

            new = {*sys.modules} - before
            assert {name for name in new if not name.startswith("pytest_concurrency")} == set()
        """
    )
    assert Path(path).exists()
    pytester.makepyfile("def test_it(): ...")
    pytester.runpytest_subprocess().assert_outcomes(passed=1)
