"""The programs of ``tests/corpus`` keep the rules of its README; the engine is not needed."""

from __future__ import annotations

import ast
import importlib.util
import itertools
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pytest_concurrency.kinds import KINDS

CORPUS = Path(__file__).parent / "corpus"
FLAGGED = sorted((CORPUS / "flagged").glob("*.py"))
CLEAN = sorted((CORPUS / "clean").glob("*.py"))
NAMES = KINDS.keys()
Worker = Callable[[Any], Any]

pytestmark = pytest.mark.timeout(60)


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"corpus_{path.parent.name}_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def assert_passes(program: ModuleType, state: Any) -> None:
    check = getattr(program, "check", None)
    if check is not None:
        assert check(state) is not False


def run_at_once(workers: Sequence[Worker], state: Any) -> list[Exception]:
    errors: list[Exception] = []

    def guarded(worker: Worker) -> None:
        try:
            worker(state)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(worker,), daemon=True) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert not any(thread.is_alive() for thread in threads), "the workers do not end"
    return errors


def orders(workers: Sequence[Worker]) -> Iterable[Sequence[Worker]]:
    """Return every order of a few workers, and of many those in which each comes first once."""
    if len(workers) <= 5:
        return itertools.permutations(workers)
    return [[*workers[first:], *workers[:first]] for first in range(len(workers))]


def name_of(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


every_program = pytest.mark.parametrize("path", FLAGGED + CLEAN, ids=name_of)


def test_the_corpus_is_there() -> None:
    assert len(FLAGGED) >= 130
    assert len(CLEAN) >= 115


@every_program
def test_program_has_the_required_names(path: Path) -> None:
    program = load(path)
    assert program.__doc__
    assert len(program.__doc__.strip().splitlines()) <= 2
    assert callable(program.setup)
    assert program.WORKERS
    assert all(callable(worker) for worker in program.WORKERS)
    if path in FLAGGED:
        assert program.EXPECT
        assert program.EXPECT <= NAMES
        assert 0 < program.MAX_SCHEDULES <= 500
        # A hazard that only the outcome shows needs a check, or an assertion or error in a worker.
        if {"test-failure"} == program.EXPECT:
            assert hasattr(program, "check")
    else:
        assert not hasattr(program, "EXPECT")
        assert not hasattr(program, "MAX_SCHEDULES")


@every_program
def test_program_imports_only_the_standard_library(path: Path) -> None:
    imported = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported <= sys.stdlib_module_names


@every_program
def test_workers_pass_one_after_another_in_every_order(path: Path) -> None:
    program = load(path)
    if not getattr(program, "SEQUENTIAL", True):
        pytest.skip("the workers need each other or start threads of their own")
    for order in orders(program.WORKERS):
        state = program.setup()
        for worker in order:
            worker(state)
        assert_passes(program, state)


@pytest.mark.parametrize("path", CLEAN, ids=name_of)
def test_clean_program_passes_on_real_threads(path: Path) -> None:
    program = load(path)
    for order in orders(program.WORKERS):
        state = program.setup()
        assert run_at_once(order, state) == []
        assert_passes(program, state)
