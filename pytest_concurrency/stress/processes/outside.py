"""What a process touches outside its memory: files, databases, shared memory, pipes, sockets, other
processes.

Only there can processes meet. There are two doors to it, and both are watched: audit events of the
interpreter (PEP 578), which also see what the standard library and packages out of scope do, and
the calls of instrumented code, which see what is done with objects that are open already.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any, Final, Literal

from pytest_concurrency import real_time as time
from pytest_concurrency._compat import is_in_shared_memory, raw_value_of
from pytest_concurrency._origins import INSTALLATION, runs_tests
from pytest_concurrency.runtime.effects.foreign import class_name, is_one_of, mro
from pytest_concurrency.runtime.effects.memory import memory, remember
from pytest_concurrency.runtime.helpers.locks import BOUND
from pytest_concurrency.runtime.trace.operations import OPERATIONS, TRY, USE
from pytest_concurrency.runtime.trace.resource import FILE, Outside
from pytest_concurrency.runtime.trace.sites import SITES
from pytest_concurrency.stress.processes.touch import (
    NO_SITE,
    WHOLE_THING,
    Deed,
    Touch,
    are_entries,
    entries_of,
)

_MOST_TOUCHES = 1000
"""Touches of one process that are kept."""


# -- audit events ---------------------------------------------------------------------------

_Effect = tuple[Any, Deed]
_UNLOCK: Final = 8  # LOCK_UN of fcntl, which Windows has not
_WRITING: Final = os.O_WRONLY | os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_TRUNC


def _opened(path: Any, mode: Any, flags: Any) -> Iterator[_Effect]:
    writes = type(flags) is int and flags & _WRITING
    yield path, "write" if writes else "read"
    if writes and flags & os.O_CREAT and type(path) is not int and not os.path.lexists(path):
        yield _entries_around(path), "write"


def _entries_around(path: Any) -> Any:
    """Return the entries of the folder that something is in, or "" if that cannot be told."""
    place = _place(path)
    return entries_of(os.path.dirname(place)) if place else ""  # noqa: PTH120 - of a text


def _listed(path: Any, *_: Any) -> Iterator[_Effect]:
    place = _place("." if path is None else path)
    yield place, "read"
    if place:
        yield entries_of(place), "read"


def _mapped(number: Any, *_: Any) -> Iterator[_Effect]:
    if type(number) is int and number >= 0:
        yield _behind_descriptor(number), "use"


def _database(path: Any, *_: Any) -> Iterator[_Effect]:
    if _is_kept(path):
        yield path, "use"


def _is_kept(path: Any) -> bool:
    """Whether a database is in a file, as far as its name says."""
    text = os.fsdecode(path) if type(path) is bytes else path
    return type(text) is not str or not (text in ("", ":memory:") or "mode=memory" in text)


def _paths(count: int = 1, *, comes_or_goes: bool = True) -> Callable[..., Iterator[_Effect]]:
    def effect(*args: Any) -> Iterator[_Effect]:
        for path in args[:count]:
            yield path, "write"
            if comes_or_goes:
                yield _entries_around(path), "write"

    return effect


def _named(name: str, deed: Deed) -> Callable[..., Iterator[_Effect]]:
    def effect(*args: Any) -> Iterator[_Effect]:
        yield f"<{name}>", deed

    return effect


def _locked(descriptor: Any, how: Any, *_: Any) -> Iterator[_Effect]:
    releases = type(how) is int and how & _UNLOCK
    yield _behind_descriptor(descriptor), "unlock" if releases else "lock"


_EVENTS: Final[dict[str, Callable[..., Iterator[_Effect]]]] = {
    "open": _opened,
    **dict.fromkeys(("os.rename", "os.link", "os.symlink"), _paths(2)),
    **dict.fromkeys(("os.remove", "os.mkdir", "os.rmdir"), _paths()),
    "os.truncate": _paths(comes_or_goes=False),
    **dict.fromkeys(("os.listdir", "os.scandir"), _listed),
    **dict.fromkeys(("fcntl.flock", "fcntl.lockf"), _locked),
    "mmap.__new__": _mapped,
    "sqlite3.connect": _database,
    **dict.fromkeys(("socket.connect", "socket.bind", "socket.sendto"), _named("socket", "use")),
    **dict.fromkeys(("subprocess.Popen", "os.posix_spawn"), _named("another process", "use")),
    **dict.fromkeys(("os.exec", "os.system"), _named("another process", "use")),
}
_FORKS: Final = ("os.fork", "os.forkpty")
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


def _place(path: Any) -> str:
    """Return the absolute path, "" where there is nothing to meet on."""
    if type(path) is int or path is None:
        return ""  # a descriptor: what it is open on was touched when it was opened
    try:
        text = os.fsdecode(path)
        text = text if text[:1] == "<" else os.path.abspath(text)  # noqa: PTH100 - of a text
    except (TypeError, ValueError, OSError):
        return ""
    return "" if text.startswith(_NOBODYS) or text.endswith(_CODE) else text


def _behind_descriptor(number: Any) -> str:
    try:
        return os.readlink(f"/proc/self/fd/{int(number)}")  # noqa: PTH115 - runs in an audit hook
    except (OSError, TypeError, ValueError):
        return f"<descriptor {number}>"


# -- objects of instrumented code -----------------------------------------------------------

_Kind = Literal["", "file", "lock", "shared", "raw", "database", "cursor", "view"]
_KINDS: dict[int, _Kind] = memory()
"""By class."""
_LOCKS: Final = frozenset({"SemLock", "Lock", "RLock"})
_MODULES: Final[dict[str, _Kind]] = {
    "_io": "file",
    "_socket": "shared",
    "mmap": "shared",
    "multiprocessing": "shared",
    "shelve": "shared",
    "dbm": "shared",
    "_dbm": "shared",
    "_gdbm": "shared",
}
_IN_MEMORY: Final = frozenset({"context", "process", "util", "reduction"})
"""Modules of ``multiprocessing`` whose objects only make or describe others."""


def _kind(cls: type) -> _Kind:
    found = _KINDS.get(id(cls))
    return remember(_KINDS, cls, _classify(cls)) if found is None else found


def _classify(cls: type) -> _Kind:
    if cls is memoryview:
        return "view"
    if issubclass(cls, (io.StringIO, io.BytesIO)) or runs_tests(_module_of(cls)):
        return ""
    for base in mro(cls) or ():
        name, (package, _, rest) = class_name(base), _module_of(base).partition(".")
        if package in ("sqlite3", "_sqlite3"):
            return {"Connection": "database", "Cursor": "cursor"}.get(name, "")  # type: ignore[return-value]
        if package == "_ctypes":
            return "raw"
        if package in ("multiprocessing", "_multiprocessing"):
            if rest in _IN_MEMORY or rest.startswith("popen"):
                return ""
            return "lock" if name in _LOCKS else "shared"
        if package in _MODULES:
            return _MODULES[package]
    return ""


def _module_of(cls: type) -> str:
    module = type.__dict__["__module__"].__get__(cls)
    return module if type(module) is str else ""


_STANDARD: Final = frozenset({0, 1, 2, "<stdin>", "<stdout>", "<stderr>"})


class Watch:
    """Notes what this process touches outside its memory while ``active``."""

    def __init__(self) -> None:
        self.active = False
        self.touches: list[Touch] = []
        self.before: Callable[[int], None] | None = None
        """Called before a touch, with the number of those before it."""
        self.is_noting = False
        self.inheritance: Callable[[int, Any, str], None] | None = None
        """Told of all points, with the object: of what a fork copies, too."""
        self.on_fork: Callable[[], None] | None = None
        """Called when the program is about to fork."""
        self._connecting: Any = ""
        self._databases: dict[int, Any] = {}
        """By the address of a connection: the database."""
        self._is_installed = False
        self._makes_shared = False

    def install(self) -> None:
        """Listen to audit events from now on, in this process and those that it forks."""
        if not self._is_installed:
            self._is_installed = True
            sys.addaudithook(self._hear)

    def start(self) -> None:
        """Forget what was noted, and go on noting."""
        self.touches = []
        self._makes_shared = False
        self.active = True

    def stop(self) -> tuple[Touch, ...]:
        """Stop, and return what was noted."""
        self.active = False
        return tuple(self.touches)

    def _hear(self, event: str, args: tuple[Any, ...]) -> None:
        if event == "sqlite3.connect/handle":
            self._note_handle(args[0])
        elif event == "sqlite3.connect":
            self._connecting = args[0]
        elif event in _FORKS and self.active and self.on_fork is not None:
            self.on_fork()
        if not self.active or event not in _EVENTS:
            return
        if event == "mmap.__new__":
            self._makes_shared = True
        try:
            effects = list(_EVENTS[event](*args))
        except TypeError:
            return  # an event with other arguments than those documented
        for path, deed in effects:
            self._note(path if are_entries(path) else _place(path), deed)

    def _note_handle(self, handle: object) -> None:
        self._databases[id(handle)] = self._connecting

    def touch(
        self, site: int, target: object, obj: Any = None, key: object = None, op: str = ""
    ) -> None:
        """Pass a point of instrumented code, which calls this as ``baton.amplifier``."""
        if id(type(target)) in BOUND:
            target = target.__self__  # type: ignore[attr-defined]
        if self.inheritance is not None:
            self.inheritance(site, target, op)
        if not self.active:
            return
        if type(target) is Outside:
            place = _place(obj) if target == FILE else f"{target} {obj}"
            self._note(place, _deed(op or USE), site)
            return
        kind = _kind(type(target))
        if kind:
            op = op or (SITES[site].op if site >= 0 else USE)
            deed = _deed(op or USE)
            if kind == "lock" and deed != "unlock":
                deed = "lock"
            owner = type(target).__name__
            self._note(self._place_of(target, kind), deed, site, _part(key), owner)

    def is_in_file(self, connection: Any) -> bool:
        """Whether what a connection to a database changes is outside memory."""
        return bool(self._place_of(connection, "database"))

    def _place_of(self, obj: Any, kind: _Kind) -> str:
        """Name what is behind an object, the same in all processes that have inherited it; "" for
        what is in private memory."""
        match kind:
            case "file":
                return self._place_of_file(obj)
            case "view":
                return self._behind_view(obj)
            case "cursor":
                return self._place_of(obj.connection, "database")
            case "database":
                path = self._databases.get(id(obj), "<database>")
                return (_place(path) or "<database>") if _is_kept(path) else ""
        inner = raw_value_of(obj)
        if _kind(type(inner)) == "raw" and not is_in_shared_memory(inner):
            return ""  # an ordinary object of ctypes
        # An address means the same in processes that have inherited the object only.
        own = f" of process {os.getpid()}" if self._makes_shared else ""
        return f"<object {id(inner)}>{own}"

    def _behind_view(self, view: memoryview) -> str:
        try:
            shown = view.obj
        except ValueError:
            return ""  # released
        kind = _kind(type(shown))
        return self._place_of(shown, kind) if kind else ""

    def _place_of_file(self, file: Any) -> str:
        if type(file).__module__ != "_io":
            return f"<file {id(file)}>"
        try:
            name = file.name
        except (AttributeError, ValueError):
            return ""
        if name in _STANDARD or file in (sys.stdout, sys.stderr):
            return ""
        return _place(name) if type(name) is not int else _behind_descriptor(name)

    def _note(
        self, place: str, deed: Deed, site: int = NO_SITE, part: Any = None, owner: str = ""
    ) -> None:
        if not place or self.is_noting:
            return
        self.is_noting = True
        try:
            if self.before is not None:
                self.before(len(self.touches))
            if len(self.touches) < _MOST_TOUCHES:
                self.touches.append(Touch(time.monotonic_ns(), place, deed, site, part, owner))
        finally:
            self.is_noting = False


def _deed(op: str) -> Deed:
    effect = OPERATIONS[op]
    if not effect.is_sure or op == TRY:
        return "use"
    if effect.synchronises:
        return "unlock" if effect.releases else "lock"
    return "write" if effect.writes else "read"


def _part(key: object) -> Any:
    return key if key is None or is_one_of(type(key), (int, str, bytes)) else WHOLE_THING


WATCH = Watch()
