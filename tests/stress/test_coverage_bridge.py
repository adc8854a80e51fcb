"""Real ``coverage run`` and ``pytest --cov``: what ran only in children is in the report."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from coverage import CoverageData

LIBRARY = """\
def in_child(flag):
    if flag:
        return "child"
    return "never"


def in_thread():
    return "thread"


def in_worker():
    return "worker"


def in_parent():
    return "parent"


def before_and_after(first):
    if first:
        return 1
    return 2


def test_in_child():
    return "a context of its own"
"""

TESTS = """\
import random
import threading

import coverage
import library
import pytest
from pytest_concurrency.stress.children.child import run_in_child
from pytest_concurrency.stress.processes.turns import AtOnce
from pytest_concurrency.stress.processes.workers import run_workers


@pytest.fixture(scope="module", autouse=True)
def forking():
    assert run_in_child(lambda progress: library.test_in_child(), seconds=20).status == "done"


def work(progress):
    thread = threading.Thread(target=library.in_thread)
    thread.start()
    thread.join()
    return library.in_child(True), library.before_and_after(False)


def nested(progress):
    workers = run_workers([library.in_worker] * 2, AtOnce(), start_method=METHOD).results
    return [worker.value for worker in workers]


def test_child():
    library.before_and_after(True)
    assert run_in_child(work, seconds=20).value == ("child", 2)
    assert run_in_child(work, seconds=20).value == ("child", 2)


def test_nested():
    result = run_in_child(nested, seconds=20)
    assert result.value == ["worker", "worker"], result


def elsewhere(progress):
    coverage.Coverage.current().switch_context("z-elsewhere")
    library.test_in_child()


def test_parent():
    assert run_in_child(elsewhere, seconds=20).status == "done"
    assert library.in_parent() == "parent"
"""

RAN = {1, 2, 3, 7, 8, 11, 12, 15, 16, 19, 20, 21, 22, 25, 26}
"""Every line of the library but the one that nobody ran (4)."""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "library.py").write_text(LIBRARY)
    return tmp_path


def run(project: Path, *command: str) -> str:
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("COV", "PYTEST"))}
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=project,
        env=environment | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},  # twice as fast
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def measure(
    project: Path, *command: str, config: str = "", method: str = "fork", combine: bool = False
) -> CoverageData:
    (project / "test_it.py").write_text(TESTS.replace("METHOD", repr(method)))
    (project / ".coveragerc").write_text(f"[run]\nsource = .\n{config}\n")
    assert "3 passed" in run(project, *command)
    if combine:
        run(project, "coverage", "combine")
    left = sorted(path.name for path in project.glob(".coverage*") if path.name != ".coveragerc")
    assert left == [".coverage"], "data files of children stay behind"
    found = CoverageData(str(project / ".coverage"))
    found.read()
    return found


def lines(data: CoverageData, project: Path) -> set[int]:
    return set(data.lines(str(project / "library.py")) or ())


RUN = ("coverage", "run", "-m", "pytest", "-q", "test_it.py")
COV = ("pytest", "-p", "pytest_cov", "-q", "--cov", "--cov-report=", "test_it.py")


@pytest.mark.parametrize("command", [RUN, COV], ids=["coverage-run", "pytest-cov"])
def test_lines_of_children_are_counted(project: Path, command: tuple[str, ...]) -> None:
    assert lines(measure(project, *command), project) == RAN


def test_branches_of_children_are_counted(project: Path) -> None:
    data = measure(project, *RUN, config="branch = true")
    arcs = set(data.arcs(str(project / "library.py")) or ())
    assert lines(data, project) == RAN
    assert {(2, 3), (20, 21), (20, 22)} <= arcs
    assert (2, 4) not in arcs


def test_workers_that_are_not_forked_are_measured_too(project: Path) -> None:
    assert lines(measure(project, *RUN, method="spawn"), project) == RAN


def test_contexts_of_children_name_their_test(project: Path) -> None:
    data = measure(project, *RUN, config="dynamic_context = test_function")
    contexts = data.contexts_by_lineno(str(project / "library.py"))
    assert contexts[3] == ["test_it.test_child"]
    assert contexts[8] == ["test_it.test_child"], "a thread of the child"
    assert contexts[12] == ["test_it.test_nested"], "a process of the child"
    assert contexts[16] == ["test_it.test_parent"], "the parent goes on as before"
    assert "library.test_in_child" in contexts[26], "not what the parent is doing at the time"


def test_contexts_of_pytest_cov(project: Path) -> None:
    command = (*COV[:-1], "--cov-context=test", COV[-1])
    # The sysmon core, default from 3.14 on, knows no contexts.
    data = measure(project, *command, config="core = ctrace")
    contexts = data.contexts_by_lineno(str(project / "library.py"))
    assert contexts[3] == ["test_it.py::test_child|run"]
    assert contexts[12] == ["test_it.py::test_nested|run"]
    assert contexts[16] == ["test_it.py::test_parent|run"]
    assert "z-elsewhere" in contexts[26]


def test_patches_of_coverage_are_no_obstacle(project: Path) -> None:
    # `patch` forces `parallel`, and puts another Coverage object into forked children.
    data = measure(project, *RUN, config="patch = fork, _exit, subprocess", combine=True)
    assert lines(data, project) == RAN
