"""``Path.write_text`` and ``write_bytes`` as what they are: a file is emptied, and then written.

Who looks in between finds nothing there. No point can be passed within the library's method, so
what it does first is done before, and it does so once more.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Final

from pytest_concurrency.runtime.effects.files import absolute
from pytest_concurrency.runtime.helpers.access import touch
from pytest_concurrency.runtime.scheduler.baton import baton as _b
from pytest_concurrency.runtime.trace.operations import WRITE
from pytest_concurrency.runtime.trace.resource import FILE

_WRITTEN: Final = {"write_text": (str,), "write_bytes": (bytes, bytearray, memoryview)}
"""By method: what it takes."""


class InSteps:
    """Stands in for a path in the expression that writes the file."""

    __slots__ = ("_path", "_site")

    def __init__(self, path: Path, site: int) -> None:
        self._path = path
        self._site = site

    def __getattr__(self, name: str) -> Any:
        return steps_of(getattr(self._path, name), self._path, name, self._site)


def is_in_steps(path: object, name: str) -> bool:
    """Whether ``path.name(...)`` is one of the methods, and the library's own."""
    return name in _WRITTEN and getattr(type(path), name, None) is getattr(Path, name)


def steps_of(method: Callable[..., Any], path: Path, name: str, site: int) -> Callable[..., Any]:
    """Return ``method``, the one of ``path`` that is so named, as a call in two steps."""
    return partial(_write, method, path, name, site)


def _write(
    method: Callable[..., Any], path: Path, name: str, site: int, *args: Any, **kwargs: Any
) -> Any:
    data = args[0] if args else kwargs.get("data")
    if isinstance(data, _WRITTEN[name]) and _emptied(path):
        place = absolute(path)
        touch(site, FILE, place, place, _b.record.number_of_file(place), WRITE)
    return method(*args, **kwargs)


def _emptied(path: Path) -> bool:
    """Make the file, or what there is, an empty one; whether that could be done."""
    with suppress(OSError, ValueError):
        file = Path(absolute(path))  # no class of the program's
        if file.exists() and not file.is_file():
            return False
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666))
        return True
    return False
