"""Whose code is this? The one place that knows, by file and by module.

By file it is one of six:

own
: the plugin's.

library
: the standard library's, or frozen into the interpreter.

runner
: pytest's and that of what it stands on: such frames are below every test.

installed
: of a package that was installed.

generated
: made by ``exec()`` and the like; it has no file.

program
: all the rest: what the user has written.

Paths are compared as code objects have them. No links are followed, and nothing is asked that a
program may have replaced (so paths are texts here): this is called while one runs.
"""

# ruff: noqa: PTH118, PTH120, PTH206

from __future__ import annotations

import os
import sys
import sysconfig
import threading
from functools import cache
from typing import Final, Literal

Origin = Literal["own", "library", "runner", "installed", "generated", "program"]

OWN_PACKAGE: Final = "pytest_concurrency"
OWN: Final = os.path.dirname(__file__) + os.sep  # as the code of its modules has it
"""What the file names of the plugin's own code begin with."""
LIBRARY_HOME: Final = os.path.dirname(threading.__file__)
"""Where the standard library's modules in Python were loaded from."""


def _folders(*names: str) -> tuple[str, ...]:
    """Return where ``sysconfig`` says that something lies, as it says so and without links."""
    found = [sysconfig.get_path(name) for name in names]
    return tuple(dict.fromkeys((*found, *map(os.path.realpath, found))))


LIBRARY_FOLDERS: Final = tuple(
    dict.fromkeys((*_folders("stdlib", "platstdlib"), LIBRARY_HOME, os.path.realpath(LIBRARY_HOME)))
)
"""Where the standard library lies; what is installed may lie below."""
INSTALLED_FOLDERS: Final = frozenset({"site-packages", "dist-packages"})
"""Folders that packages are installed in, wherever they are: of users, of systems, of others."""
_INSTALLED = tuple(folder + os.sep for folder in _folders("purelib", "platlib"))
_LIBRARY = tuple(folder + os.sep for folder in LIBRARY_FOLDERS)
_SCRIPTS = tuple(
    os.path.join(folder, name) for folder in _folders("scripts") for name in ("pytest", "py.test")
)
INSTALLATION: Final = (*_LIBRARY, *_INSTALLED)
"""What the names of files begin with that only an installation changes: no program keeps its data
there."""

RUNNER: Final = frozenset({"_pytest", "pluggy", "pytest"})
"""Packages that are the runner's."""
_RUN_THREADS = tuple(
    folder + os.path.join(*parts)
    for folder in _LIBRARY
    for parts in (("threading.py",), ("concurrent", "futures", ""), ("multiprocessing", ""))
)
UNDER_PROGRAMS: Final[frozenset[Origin]] = frozenset({"own", "library", "generated"})
"""What is looked through on the way from a call to who made it."""
TEST_TOOLS: Final = RUNNER | {
    OWN_PACKAGE,
    "_distutils_hack",
    "coverage",
    "execnet",
    "exceptiongroup",
    "factory",
    "faker",
    "freezegun",
    "hypothesis",
    "iniconfig",
    "mock",
    "nose",
    "pkg_resources",
    "py",
    "pydev",
    "responses",
    "setuptools",
    "testtools",
    "time_machine",
    "typing_extensions",
}
"""Packages that tests are made with, and that are not what they are about; ``typing_extensions``
puts itself in the place of parts of ``typing``, whoever calls that (``Cache[int]()`` up to 3.11).
Which plugins of pytest are installed is not known here (``instrument/project.py``)."""
_SERVES_THE_RUN = frozenset({"execnet", "xdist"})


def origin_of(filename: str) -> Origin:
    """Return whose code lies in a file, named as code objects name it."""
    if filename[:1] == "<":  # not remembered: there may be a new one each time
        return "library" if filename.startswith("<frozen ") else "generated"
    return _origin_of_file(filename)


@cache
def _origin_of_file(filename: str) -> Origin:
    if filename.startswith(OWN):
        return "own"
    if filename in _SCRIPTS or filename.startswith(_runner_places(filename)):
        return "runner"
    if filename.startswith(_INSTALLED) or installed_package(filename):
        return "installed"
    return "library" if filename.startswith(_LIBRARY) else "program"


def _runner_places(filename: str) -> tuple[str, ...]:
    """Return where the runner's packages lie that ``filename`` may be of."""
    modules = (sys.modules.get(name) for name in RUNNER.intersection(filename.split(os.sep)))
    files = (getattr(module, "__file__", None) for module in modules)
    return tuple(os.path.dirname(file) + os.sep for file in files if file)


def installed_package(filename: str) -> str:
    """Return the package or module that a file was installed as, "" if it was not."""
    parts = filename.split(os.sep)
    for place, folder in enumerate(parts[:-1]):
        if folder in INSTALLED_FOLDERS:
            return parts[place + 1].removesuffix(".py")
    return ""


def is_own(filename: str) -> bool:
    """Whether a file is the plugin's."""
    return filename.startswith(OWN)


def is_programs(filename: str) -> bool:
    """Whether the user has written it."""
    return origin_of(filename) == "program"


def is_machinery(filename: str) -> bool:
    """Whether a file is ours, the runner's, or what the library runs threads and processes with:
    frames that are below every copy of a test.
    """
    return origin_of(filename) in ("own", "runner") or filename.startswith(_RUN_THREADS)


def runs_tests(module: object) -> bool:
    """Whether a module of this name, if it is one, is ours or the runner's."""
    package = module.partition(".")[0] if type(module) is str else ""
    return package == OWN_PACKAGE or package in RUNNER


def serves_the_run(module: str) -> bool:
    """Whether it runs tests, or is of a plugin by its name: threads with its code are there for the
    whole run, and no test waits for them.
    """
    package = module.partition(".")[0]
    return runs_tests(module) or package in _SERVES_THE_RUN or package.startswith("pytest_")
