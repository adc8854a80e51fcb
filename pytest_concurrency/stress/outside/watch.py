"""What a process touches outside its memory: files, databases, shared memory, pipes, sockets, other
processes.

Only there can processes meet. There are two doors to it, and both are watched: audit events of the
interpreter (PEP 578), which also see what the standard library and packages out of scope do, and
the calls of instrumented code, which see what is done with objects that are open already.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any, Final

from pytest_concurrency import real_time as time
from pytest_concurrency._compat import get_ident, getframe
from pytest_concurrency._origins import is_own, is_programs
from pytest_concurrency.runtime.helpers.blocking.stand_ins import BOUND
from pytest_concurrency.runtime.helpers.functions import ITS_LOCK
from pytest_concurrency.runtime.trace.operations import ACQUIRE, READ, USE
from pytest_concurrency.runtime.trace.resource import FILE, WHOLE, Outside
from pytest_concurrency.runtime.trace.sites import SITES
from pytest_concurrency.stress.outside.asking import IsFree, lock_in, would_get
from pytest_concurrency.stress.outside.audit_events import (
    EVENTS,
    FORKS,
    LOCKING,
    Entry,
    place_of,
)
from pytest_concurrency.stress.outside.objects import (
    Kind,
    Places,
    calls_method,
    deed_of,
    deed_on_file,
    kind_of,
    open_descriptors,
    part_of,
)
from pytest_concurrency.stress.outside.touch import NO_SITE, SENT, Deed, Line, Touch, are_entries

_MOST_TOUCHES = 1000
"""Touches of one process that are kept."""
_MOST_ANNOUNCED: Final = 7
_ONLY_LOOKS: Final = frozenset(
    {"exists", "lexists", "is_dir", "is_file", "isdir", "isfile", "stat", "lstat", "access"}
    | {"getsize", "getmtime", "is_symlink", "islink", "samefile"}
)
"""Functions of which no audit event tells."""
_OF_ASSERTS: Final = "@py"
"""What names begin with that pytest puts into asserts; those of helpers begin with ``@``, too."""


class Watch:
    """Notes what this process touches outside its memory while ``active``."""

    def __init__(self) -> None:
        self.active = False
        self.touches: list[Touch] = []
        self.before: Callable[[Touch, IsFree | None], None] | None = None
        """Called before a touch."""
        self._noting: set[int] = set()
        """The threads that are noting something down: what they touch meanwhile is ours."""
        self._announced: list[tuple[str, Deed]] = []
        """What instrumented code is about to do, of which an audit event will tell, too."""
        self._locks_at = NO_SITE
        """Where instrumented code is about to lock a file."""
        self._entered: set[int] = set()
        """Files that ``with`` statements have been entered with, by address."""
        self.inheritance: Callable[[int, Any, str], None] | None = None
        """Told of all points, with the object: of what a fork copies, too."""
        self.on_fork: Callable[[], None] | None = None
        """Called when the program is about to fork."""
        self._connecting: Any = ""
        self._places = Places()
        self._is_installed = False

    def install(self) -> None:
        """Listen to audit events from now on, in this process and those that it forks."""
        if not self._is_installed:
            self._is_installed = True
            sys.addaudithook(self._hear)

    def start(self, *, inherits: bool = False, is_forked: bool = True) -> None:
        """Forget what was noted, and go on noting. ``inherits``: what is open now is so in other
        processes, too, and they share where each one reads next. ``is_forked``: so is what is in
        memory."""
        self.active = False  # what is done here is no touch of the program's
        self._places.inherited = open_descriptors() if inherits else frozenset()
        self.touches = []
        self._announced.clear()
        self._entered.clear()
        self._places.makes_shared = False
        self._places.is_forked = is_forked
        self._places.mappings.forget()
        self.active = True

    def stop(self) -> tuple[Touch, ...]:
        """Stop, and return what was noted. Only in forked processes the numbers of sites mean the
        same: others tell of lines."""
        self.active = False
        if self._places.is_forked:
            return tuple(self.touches)
        return tuple(map(with_line, self.touches))

    def _hear(self, event: str, args: tuple[Any, ...]) -> None:
        if event == "sqlite3.connect/handle":
            self._note_handle(args[0])
        elif event == "sqlite3.connect":
            self._connecting = args[0]
        elif event in FORKS and self.active and self.on_fork is not None:
            self.on_fork()
        if not self.active or event not in EVENTS or get_ident() in self._noting:
            return
        if event == "mmap.__new__":
            self._places.makes_shared = True
            self._places.mappings.forget()
        try:
            effects = list(EVENTS[event](*args))
        except TypeError:
            return  # an event with other arguments than those documented
        site, is_free = NO_SITE, None
        if event in LOCKING:
            site, self._locks_at = self._locks_at, NO_SITE
            is_free = would_get(*args[:2]) if event == "fcntl.flock" else None
        for path, deed in effects:
            if type(path) is Entry:
                self._note(path.folder, deed, site, path.name)
                continue
            place = path if are_entries(path) else place_of(path)
            if (place, deed) in self._announced:
                self._announced.remove((place, deed))
                continue
            self._note(place, deed, site, is_free=is_free if deed == "lock" else None)

    def _note_handle(self, handle: object) -> None:
        self._places.databases[id(handle)] = self._connecting

    def touch(
        self, site: int, target: object, obj: Any = None, key: object = None, op: str = ""
    ) -> None:
        """Pass a point of instrumented code, which calls this as ``baton.amplifier``."""
        holder = target.__self__ if id(type(target)) in BOUND else target  # type: ignore[attr-defined]
        if self.inheritance is not None:
            self.inheritance(site, holder, op)
        if not self.active or get_ident() in self._noting:
            return
        if type(target) is Outside:
            self._touch_outside(site, target, obj, deed_of(op or USE))
            return
        kind = kind_of(type(holder))
        if kind:
            op = op or (SITES[site].op if site >= 0 else USE)
            self._touch_object(site, holder, kind, key, op)

    def use_what_was_sent(self) -> None:
        """Note that something outside memory may be used that this process was sent, on code that
        does not show it."""
        self._note(SENT, "use")

    def is_in_file(self, connection: Any) -> bool:
        """Whether what a connection to a database changes is outside memory."""
        return bool(self._places.place_of(connection, "database"))

    def _touch_outside(self, site: int, target: Outside, name: Any, deed: Deed) -> None:
        if target != FILE:
            self._note(f"{target} {name}", deed, site)
            return
        if type(name) is str and name.endswith(ITS_LOCK):
            self._locks_at = site  # an audit event tells what is done to it
            return
        place = place_of(name)
        self._note(place, deed, site)
        if site >= 0 and SITES[site].name not in _ONLY_LOOKS:
            self._announced = [*self._announced[-_MOST_ANNOUNCED:], (place, deed)]

    def _touch_object(self, site: int, holder: Any, kind: Kind, key: object, op: str) -> None:
        deed = deed_of(op)
        if kind == "lock" and deed != "unlock":
            deed = "lock"
        if kind == "file" and site >= 0:
            at = SITES[site]
            if at.op == ACQUIRE and self._enters(holder):
                return
            deed = deed_on_file(holder, at.name, op)
            deed = "use" if self._places.is_inherited(holder) else deed
        elif op == READ and site >= 0 and calls_method(holder, kind, SITES[site].name):
            deed, key = "use", WHOLE
        is_free = lock_in(holder) if deed == "lock" and op == ACQUIRE else None
        owner = type(holder).__name__
        self._note(self._places.place_of(holder, kind), deed, site, part_of(key), owner, is_free)

    def _enters(self, file: Any) -> bool:
        """Whether a ``with`` statement enters a file, which does nothing, and does not leave it."""
        if id(file) in self._entered:
            self._entered.discard(id(file))
            return False
        self._entered.add(id(file))
        return True

    def _note(
        self,
        place: str,
        deed: Deed,
        site: int = NO_SITE,
        part: Any = None,
        owner: str = "",
        is_free: IsFree | None = None,
    ) -> None:
        me = get_ident()
        if not place or me in self._noting:
            return
        self._noting.add(me)
        try:
            line, is_unseen = _programs_line() if site < 0 else (None, False)
            touch = Touch(time.monotonic_ns(), place, deed, site, part, owner, line, is_unseen)
            if self.before is not None:
                self.before(touch, is_free)
                touch = touch._replace(when=time.monotonic_ns())
            if len(self.touches) < _MOST_TOUCHES:
                self.touches.append(touch)
        finally:
            self._noting.discard(me)


def with_line(touch: Touch) -> Touch:
    """Say where a touch was made by the line, not by the number of its site."""
    if touch.site < 0:
        return touch
    at = SITES[touch.site]
    return touch._replace(site=NO_SITE, line=(at.path, at.line, at.function))


def _programs_line() -> tuple[Line | None, bool]:
    """Return where the innermost line of the program's own code is, and whether it has called
    something else, not instrumented, that does what is done.
    """
    frame: FrameType | None = getframe(2)
    while frame is not None and is_own(frame.f_code.co_filename):
        frame = frame.f_back
    is_unseen = frame is not None and not _is_seen(frame.f_code)
    while frame is not None:
        code = frame.f_code
        if is_programs(code.co_filename):
            return (code.co_filename, frame.f_lineno, code.co_qualname), is_unseen
        frame = frame.f_back
    return None, is_unseen


def _is_seen(code: CodeType) -> bool:
    has_helpers = any(n.startswith("@") and not n.startswith(_OF_ASSERTS) for n in code.co_names)
    return has_helpers or is_programs(code.co_filename)


WATCH = Watch()
