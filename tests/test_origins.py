"""Whose code a file or a module is."""

from __future__ import annotations

import concurrent.futures.thread
import json
import multiprocessing.pool
import os
import sysconfig
import threading

import _pytest.python
import pluggy
import pytest

import pytest_concurrency.api
from pytest_concurrency import _origins
from pytest_concurrency._origins import (
    installed_package,
    is_machinery,
    is_own,
    is_programs,
    origin_of,
    runs_tests,
    serves_the_run,
)

SCRIPTS = sysconfig.get_path("scripts")


@pytest.mark.parametrize(
    ("filename", "origin"),
    [
        (pytest_concurrency.api.__file__, "own"),
        (json.__file__, "library"),
        (threading.__file__, "library"),
        (os.path.realpath(json.__file__), "library"),
        ("<frozen importlib._bootstrap>", "library"),
        (_pytest.python.__file__, "runner"),
        (pluggy.__file__, "runner"),
        (os.path.join(SCRIPTS, "pytest"), "runner"),
        (os.path.join(sysconfig.get_path("purelib"), "flask", "app.py"), "installed"),
        (os.path.join(sysconfig.get_path("platlib"), "numpy.py"), "installed"),
        # Of the user, of the system, of another environment: sysconfig does not say where.
        ("/home/me/.local/lib/python3.12/site-packages/flask/app.py", "installed"),
        ("/usr/lib/python3/dist-packages/yaml/__init__.py", "installed"),
        ("<string>", "generated"),
        ("<attrs generated init shop.Order>", "generated"),
        (__file__, "program"),
        ("tests/test_it.py", "program"),
    ],
)
def test_of_a_file(filename: str, origin: str) -> None:
    assert origin_of(filename) == origin
    assert is_programs(filename) is (origin == "program")
    assert is_own(filename) is (origin == "own")


@pytest.mark.parametrize(
    "filename",
    [
        "/home/me/pytest/tests/test_it.py",
        "/home/me/pluggy/shop.py",
        "/home/me/shop/_pytest/conftest.py",
        "/home/me/shop/threading.py",
        "/home/me/concurrent/futures/shop.py",
        "/home/me/multiprocessing/shop.py",
        "/home/me/bin/pytest",
        "/home/me/site-packages.py",
        f"{_origins.LIBRARY_HOME}-of-mine/shop.py",
        f"{_origins.OWN.rstrip(os.sep)}_extras/shop.py",
    ],
)
def test_what_only_sounds_like_somebody_elses_is_the_programs(filename: str) -> None:
    assert origin_of(filename) == "program"
    assert not is_machinery(filename)


def test_machinery_is_what_is_below_every_copy_of_a_test() -> None:
    below = (
        pytest_concurrency.api,
        _pytest.python,
        threading,
        concurrent.futures.thread,
        multiprocessing.pool,
    )
    assert all(is_machinery(module.__file__ or "") for module in below)
    assert not is_machinery(json.__file__)  # the library's, but called by the program
    assert not is_machinery(__file__)


def test_of_a_package() -> None:
    assert installed_package("/v/lib/python3.12/site-packages/flask/app.py") == "flask"
    assert installed_package("/v/lib/python3.12/site-packages/six.py") == "six"
    assert installed_package("/home/me/shop/app.py") == ""


@pytest.mark.parametrize(
    ("module", "runs", "serves"),
    [
        ("pytest_concurrency.api", True, True),
        ("_pytest.capture", True, True),
        ("pluggy", True, True),
        ("pytest_timeout", False, True),
        ("execnet.gateway_base", False, True),
        ("xdist.remote", False, True),
        ("_pytest_helpers", False, False),
        ("pytestutils.server", False, False),
        ("shop.orders", False, False),
    ],
)
def test_of_a_module(module: str, runs: bool, serves: bool) -> None:
    assert runs_tests(module) is runs
    assert serves_the_run(module) is serves


def test_what_is_no_name_is_nobodys() -> None:
    assert not runs_tests(None)
    assert not runs_tests(property())
