"""Instrumented code on disk: a file that has not changed is not rewritten again by the next run.

One file for each source file, in a folder of pytest's cache (``--cache-clear`` empties it, ``-p
no:cacheprovider`` does without). What is kept there is only used if it was made from the same
source by the same Python, pytest and version of this package, and is whole: it begins with a digest
of all that, and one of what follows. As with Python's own ``.pyc`` files, who may write there may
run code. Whatever goes wrong with it costs time and nothing else.
"""

from __future__ import annotations

import marshal
import os
import tempfile
from contextlib import suppress
from functools import cache
from hashlib import blake2b
from importlib.metadata import version
from operator import attrgetter
from pathlib import Path
from types import CodeType
from typing import Any, NamedTuple

from pytest_concurrency._origins import OWN
from pytest_concurrency.runtime.helpers.marks import Meaning, Origin
from pytest_concurrency.runtime.trace.sites import InstrumentedSite

_DIGEST_BYTES = 20
_FIELDS = attrgetter(*InstrumentedSite.__slots__)


class Compiled(NamedTuple):
    """What a file is compiled to, the same in each process."""

    original: CodeType
    instrumented: CodeType
    """With numbers that count in the tables below."""
    sites: tuple[InstrumentedSite, ...] = ()
    meanings: tuple[Meaning, ...] = ()


class Wanted(NamedTuple):
    """What is compiled, and how."""

    source: str
    filename: str
    asserts: bool
    """Whether pytest has rewritten its assertions."""
    internal: bool
    """Whether it is the standard library's."""


class StoredCode:
    """What files are compiled to, kept in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self, wanted: Wanted) -> Compiled | None:
        """Return what was kept for this; None if nothing was, or not for just this."""
        try:
            found = self._path(wanted).read_bytes()
        except OSError:
            return None
        made_from, digest = found[:_DIGEST_BYTES], found[_DIGEST_BYTES : 2 * _DIGEST_BYTES]
        data = found[2 * _DIGEST_BYTES :]
        if made_from != _digest_of_all(wanted) or digest != _digest(data):
            return None
        original, instrumented, sites, meanings = marshal.loads(data)
        return Compiled(
            original,
            instrumented,
            tuple(InstrumentedSite(*site) for site in sites),
            tuple(_meaning(*meaning) for meaning in meanings),
        )

    def store(self, wanted: Wanted, compiled: Compiled) -> None:
        """Keep it, if that can be done; another process that does the same at once is no harm."""
        data = marshal.dumps(
            (
                compiled.original,
                compiled.instrumented,
                [_FIELDS(site) for site in compiled.sites],
                [_plain(meaning) for meaning in compiled.meanings],
            )
        )
        path = self._path(wanted)
        with suppress(OSError):
            handle, temporary = tempfile.mkstemp(dir=self._folder, prefix=path.name)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(_digest_of_all(wanted) + _digest(data) + data)
                Path(temporary).replace(path)
            except OSError:
                Path(temporary).unlink(missing_ok=True)
                raise

    def _path(self, wanted: Wanted) -> Path:
        name = f"{wanted.filename}\0{wanted.asserts}\0{wanted.internal}\0{_python()!r}"
        return self._folder / f"{_digest(name.encode('utf-8', 'surrogatepass')).hex()}.code"


def _plain(meaning: Meaning) -> tuple[Any, ...]:
    bound = [(name, origin.sites, origin.names) for name, origin in meaning.bound]
    stored = [(number, origin.sites, origin.names) for number, origin in meaning.stored]
    return (meaning.begins, bound, meaning.repeats, stored)


def _meaning(begins: bool, bound: list[Any], repeats: bool, stored: list[Any]) -> Meaning:
    origins = tuple((name, Origin(sites, names)) for name, sites, names in bound)
    at_sites = tuple((number, Origin(sites, names)) for number, sites, names in stored)
    return Meaning(begins, origins, repeats, at_sites)


def _digest(data: bytes) -> bytes:
    return blake2b(data, digest_size=_DIGEST_BYTES).digest()


def _digest_of_all(wanted: Wanted) -> bytes:
    parts = (*wanted, _python(), _made_by(), version("pytest") if wanted.asserts else "")
    return _digest(repr(parts).encode("utf-8", "surrogatepass"))


@cache
def _python() -> bytes:
    """Return what this Python, with its options, makes of a line."""
    return marshal.dumps(compile("def f(o):\n    assert o.x\n", "", "exec"))


@cache
def _made_by() -> tuple[tuple[str, int, int], ...]:
    """Return what tells this version of the package from another one, also while it is worked on:
    name, size in bytes and time of change in nanoseconds of its files.
    """
    files = [(path, path.stat()) for path in sorted(Path(OWN).rglob("*.py"))]
    return tuple((path.name, status.st_size, status.st_mtime_ns) for path, status in files)
