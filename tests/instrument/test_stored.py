"""Instrumented code that is kept on disk: what is used again is what would be made again."""

from __future__ import annotations

import ast
import os
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path

import pytest

from pytest_concurrency.instrument import compile as compiling
from pytest_concurrency.instrument import stored as storing
from pytest_concurrency.instrument.compile import compile_both, unit_of
from pytest_concurrency.instrument.rewriting.numbers import entered
from pytest_concurrency.instrument.stored import StoredCode, Wanted
from pytest_concurrency.runtime.helpers.marks import MEANINGS
from pytest_concurrency.runtime.trace.sites import SITES

SOURCE = '''
def add(account, amount, limit=10):
    """Adds."""
    old = account.balance
    for each in account.steps:
        old = old + each if account.balance is old else amount
    if "x" in account.names:
        old = account.limit
    account.balance = old + amount
    return lambda: [account.names[key] for key in ("\\0site of pytest-concurrency", 3)]
'''
WANTED = Wanted(SOURCE, "account.py", asserts=False, internal=False)


@pytest.fixture(autouse=True)
def _nothing_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiling, "_units", {})


@pytest.fixture
def rewritten(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that are rewritten from here on."""
    paths: list[str] = []
    rewrite = compiling.rewrite

    def counted(tree: ast.Module, path: str) -> object:
        paths.append(path)
        return rewrite(tree, path)

    monkeypatch.setattr(compiling, "rewrite", counted)
    return paths


def again(wanted: Wanted, folder: Path) -> None:
    """Ask as another process would."""
    compiling._units.clear()
    unit_of(wanted, StoredCode(folder))


@pytest.mark.parametrize("internal", [False, True])
@pytest.mark.parametrize("asserts", [False, True])
def test_what_is_loaded_is_what_was_stored(tmp_path: Path, asserts: bool, internal: bool) -> None:
    wanted = WANTED._replace(asserts=asserts, internal=internal)
    compiled = compile_both(wanted)
    StoredCode(tmp_path).store(wanted, compiled)
    assert StoredCode(tmp_path).load(wanted) == compiled
    assert bool(compiled.sites) is not internal


def test_a_file_is_rewritten_once_for_all_processes(tmp_path: Path, rewritten: list[str]) -> None:
    for _ in range(3):
        again(WANTED, tmp_path)
    assert rewritten == ["account.py"]


@pytest.mark.parametrize(
    "other",
    [
        WANTED._replace(source=SOURCE + "\n"),
        WANTED._replace(filename="other.py"),
        WANTED._replace(asserts=True),
    ],
)
def test_what_was_made_from_something_else_is_not_used(
    tmp_path: Path, rewritten: list[str], other: Wanted
) -> None:
    again(WANTED, tmp_path)
    again(other, tmp_path)
    assert rewritten == ["account.py", other.filename]


@pytest.mark.parametrize("by", ["_python", "_made_by"])
def test_what_another_version_made_is_not_used(
    tmp_path: Path, rewritten: list[str], monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    again(WANTED, tmp_path)
    monkeypatch.setattr(storing, by, lambda: b"another")
    again(WANTED, tmp_path)
    assert rewritten == ["account.py"] * 2


def cut(data: bytes) -> bytes:
    return data[:-7]


def changed(data: bytes) -> bytes:
    return data[:60] + bytes([data[60] ^ 255]) + data[61:]


@pytest.mark.parametrize("spoil", [cut, changed, lambda data: b""])
def test_what_is_not_whole_is_made_again(
    tmp_path: Path, rewritten: list[str], spoil: Callable[[bytes], bytes]
) -> None:
    again(WANTED, tmp_path)
    (path,) = tmp_path.iterdir()
    path.write_bytes(spoil(path.read_bytes()))
    for _ in range(2):
        again(WANTED, tmp_path)
    assert rewritten == ["account.py"] * 2


def test_a_folder_that_cannot_be_written_costs_time_only(
    tmp_path: Path, rewritten: list[str]
) -> None:
    for _ in range(2):
        again(WANTED, tmp_path / "missing")
    assert rewritten == ["account.py"] * 2


def test_where_moving_it_into_place_fails_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Path, target: Path) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "replace", fail)
    again(WANTED, tmp_path)
    assert not [*tmp_path.iterdir()]


def store_often(folder: Path) -> None:
    for _ in range(20):
        StoredCode(folder).store(WANTED, compile_both(WANTED))


def test_processes_that_store_at_once(tmp_path: Path) -> None:
    context = get_context("spawn")
    processes = [context.Process(target=store_often, args=(tmp_path,)) for _ in range(2)]
    for process in processes:
        process.start()
    expected = compile_both(WANTED)
    found = []
    while any(process.is_alive() for process in processes):
        found.append(StoredCode(tmp_path).load(WANTED))
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    assert all(each in (None, expected) for each in found)
    assert len(os.listdir(tmp_path)) == 1
    assert StoredCode(tmp_path).load(WANTED) == expected


def test_numbers_are_moved_to_where_the_tables_of_the_process_end() -> None:
    compiled = compile_both(WANTED)
    entered(*compiled[1:])
    first_site, first_mark = len(SITES), len(MEANINGS)
    code = entered(*compiled[1:])
    sites, meanings = SITES[first_site:], MEANINGS[first_mark:]
    assert [each.label for each in sites] == [each.label for each in compiled.sites]
    flows = [number for site in sites for number in site.flows]
    stored = [number for meaning in meanings for number, _ in meaning.stored]
    bound = [site for meaning in meanings for _, origin in meaning.bound for site in origin.sites]
    for numbers in (flows, stored, bound):
        assert numbers
        assert all(first_site <= number < len(SITES) for number in numbers)
    (function,) = [each for each in code.co_consts if hasattr(each, "co_consts")]
    given = [each for each in function.co_consts if type(each) is int and each >= first_site]
    assert set(given) <= set(range(first_site, len(SITES)))
    assert len(given) > 5
