"""Which files are instrumented."""

from __future__ import annotations

import json
import sysconfig
import threading
from pathlib import Path

import pytest

import pytest_concurrency
from pytest_concurrency.instrument import scope
from pytest_concurrency.instrument.scope import Scope


@pytest.mark.parametrize(
    ("place", "wanted"),
    [
        ("a.py", True),
        ("src/pkg/a.py", True),
        ("tests/test_a.py", True),
        (".venv/lib/a.py", False),
        ("venv/a.py", False),
        ("lib/python3.13/site-packages/pkg/a.py", False),
        (".tox/py311/a.py", False),
        ("node_modules/x/a.py", False),
    ],
)
def test_files_below_a_root(tmp_path: Path, place: str, wanted: bool) -> None:
    assert Scope([tmp_path]).wants(str(tmp_path / place)) is wanted


def test_a_root_inside_a_hidden_folder_counts(tmp_path: Path) -> None:
    root = tmp_path / ".cache" / "project"
    assert Scope([root]).wants(str(root / "a.py"))


def test_the_standard_library_is_nobodys_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = tmp_path / "lib"
    monkeypatch.setattr(scope, "_LIBRARY", {library})
    assert not Scope([tmp_path]).wants(str(library / "json.py"))
    assert Scope([tmp_path]).wants(str(tmp_path / "own.py"))
    assert not Scope([library]).wants(str(library / "own" / "a.py"))
    assert Scope([library / "own"]).wants(str(library / "own" / "a.py"))


def test_not_even_where_the_root_is_that_of_all_files() -> None:
    everything = Path(sysconfig.get_path("stdlib")).anchor
    assert not Scope([Path(everything)]).wants(json.__file__)
    assert Scope([Path(everything)], ["json"]).wants(json.__file__)


def test_what_is_no_file(tmp_path: Path) -> None:
    assert not Scope([tmp_path]).wants("<string>")


def test_names_relative_to_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert Scope([tmp_path]).wants("a.py")


def test_other_files_only_if_their_package_is_named(tmp_path: Path) -> None:
    assert not Scope([tmp_path]).wants(json.__file__)
    assert Scope([tmp_path], ["json"]).wants(json.__file__)
    assert Scope([tmp_path], ["json"]).wants(json.decoder.__file__)
    assert not Scope([tmp_path], ["json"]).wants(threading.__file__)
    assert not Scope([tmp_path], ["no_such_package"]).wants(json.__file__)


def test_the_plugin_itself_never() -> None:
    root = Path(pytest_concurrency.__file__).parent
    assert not Scope([root.parent], ["pytest_concurrency"]).wants(str(root / "api.py"))


def test_the_standard_librarys_own_synchronisation() -> None:
    scope = Scope([])
    assert scope.is_internal(threading.__file__)
    assert not scope.is_internal(json.__file__)
