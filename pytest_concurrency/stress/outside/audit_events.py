"""Audit events of the interpreter (PEP 578) that tell what is touched outside memory, also by the
standard library and by packages out of scope.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

from pytest_concurrency._origins import INSTALLATION
from pytest_concurrency.stress.outside.touch import Deed, entries_of

Effect = tuple[Any, Deed]


class Entry(NamedTuple):
    """A name that comes to a folder, or goes."""

    folder: str
    """The location that its entries are; "" if that cannot be told."""
    name: str


_UNLOCK: Final = 8  # LOCK_UN of fcntl, which Windows has not
_WRITING: Final = os.O_WRONLY | os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_TRUNC


def _opened(path: Any, mode: Any, flags: Any) -> Iterator[Effect]:
    writes = type(flags) is int and flags & _WRITING
    yield path, "write" if writes else "read"
    if writes and flags & os.O_CREAT and type(path) is not int and not os.path.lexists(path):
        yield _entry(path), "write"


def _entry(path: Any) -> Entry:
    place = place_of(path)
    folder, name = os.path.split(place)
    return Entry(entries_of(folder) if place else "", name)


def _listed(path: Any, *_: Any) -> Iterator[Effect]:
    place = place_of("." if path is None else path)
    yield place, "read"
    if place:
        yield entries_of(place), "read"


def _mapped(number: Any, length: Any = 0, access: Any = 0, *_: Any) -> Iterator[Effect]:
    if type(number) is int and number >= 0:
        only_reads = access in (mmap.ACCESS_READ, mmap.ACCESS_COPY)
        yield behind_descriptor(number), "read" if only_reads else "use"


def _database(path: Any, *_: Any) -> Iterator[Effect]:
    if is_kept(path):
        yield file_of(path), "use"


def file_of(database: Any) -> Any:
    """Return the path of a database, which may be named by a URI (``file:/tmp/a.db?mode=ro``)."""
    text = os.fsdecode(database) if type(database) is bytes else database
    if type(text) is not str or not text.startswith("file:"):
        return database
    path = unquote(text.removeprefix("file:").partition("?")[0].partition("#")[0])
    return "/" + path.lstrip("/") if path.startswith("//") else path


def is_kept(path: Any) -> bool:
    """Whether a database is in a file, as far as its name says."""
    text = os.fsdecode(path) if type(path) is bytes else path
    return type(text) is not str or not (text in ("", ":memory:") or "mode=memory" in text)


def _paths(count: int = 1, *, comes_or_goes: bool = True) -> Callable[..., Iterator[Effect]]:
    def effect(*args: Any) -> Iterator[Effect]:
        for path in args[:count]:
            yield path, "write"
            if comes_or_goes:
                yield _entry(path), "write"

    return effect


def _named(name: str, deed: Deed) -> Callable[..., Iterator[Effect]]:
    def effect(*args: Any) -> Iterator[Effect]:
        yield f"<{name}>", deed

    return effect


def _locked(descriptor: Any, how: Any, *_: Any) -> Iterator[Effect]:
    releases = type(how) is int and how & _UNLOCK
    yield behind_descriptor(descriptor), "unlock" if releases else "lock"


FORKS: Final = ("os.fork", "os.forkpty")
EVENTS: Final[dict[str, Callable[..., Iterator[Effect]]]] = {
    "open": _opened,
    **dict.fromkeys(("os.rename", "os.link"), _paths(2)),
    "os.symlink": lambda source, *rest: _paths()(*rest),
    **dict.fromkeys(("os.remove", "os.mkdir", "os.rmdir"), _paths()),
    "os.truncate": _paths(comes_or_goes=False),
    **dict.fromkeys(("os.listdir", "os.scandir"), _listed),
    "fcntl.flock": _locked,
    "fcntl.lockf": _locked,
    "mmap.__new__": _mapped,
    "sqlite3.connect": _database,
    **dict.fromkeys(("socket.connect", "socket.bind", "socket.sendto"), _named("socket", "use")),
    **dict.fromkeys(("subprocess.Popen", "os.posix_spawn"), _named("another process", "use")),
    **dict.fromkeys((*FORKS, "os.exec", "os.system"), _named("another process", "use")),
}
LOCKING: Final = frozenset({"fcntl.flock", "fcntl.lockf"})
_CODE: Final = (".py", ".pyc", ".pyi", ".so", ".pth", ".pyd")
_NOBODYS: Final = tuple(
    {
        *INSTALLATION,
        "/dev/null",
        "/dev/random",
        "/dev/urandom",
        "/dev/zero",
        "/etc/",
        "/proc/",
        "/sys/",
        "/usr/lib/",
        "/usr/share/",
    }
)
"""Where nothing is kept, or what only is installed: no process changes it."""


def place_of(path: Any) -> str:
    """Return the absolute path, "" where there is nothing to meet on."""
    if type(path) is int or path is None:
        return ""  # a descriptor: what it is open on was touched when it was opened
    try:
        text = os.fsdecode(path)
        text = text if text[:1] in ("", "<") else os.path.abspath(text)  # noqa: PTH100 - of a text
    except (TypeError, ValueError, OSError):
        return ""
    return "" if text.startswith(_NOBODYS) or text.endswith(_CODE) else text


def behind_descriptor(number: Any) -> str:
    """Return what a descriptor is open on."""
    try:
        return os.readlink(f"/proc/self/fd/{int(number)}")  # noqa: PTH115 - runs in an audit hook
    except (OSError, TypeError, ValueError):
        return f"<descriptor {number}>"
