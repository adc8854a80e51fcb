"""Noting, at the points of instrumented code, who does what with things that a fork copies.

In the parent: where threads besides the one that forks take locks, which files there are. In a
worker: what it does with what it has inherited, and that it waits for a lock which nobody can
release, since the one thread there is waits.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple, NoReturn

from pytest_concurrency import real_time as time
from pytest_concurrency._compat import allocate_lock, get_ident, getframe
from pytest_concurrency._origins import is_programs
from pytest_concurrency.detect.telling import innermost, site_of
from pytest_concurrency.model import Site
from pytest_concurrency.runtime.helpers.blocking.simple_queues import SIMPLE_QUEUE
from pytest_concurrency.runtime.trace.operations import ACQUIRE, RELEASE
from pytest_concurrency.runtime.trace.sites import SITES
from pytest_concurrency.stress.outside.identities import is_inherited
from pytest_concurrency.stress.processes.inherited.cures import Cure, before_fork
from pytest_concurrency.stress.processes.inherited.evidence import Inherited, Stuck, Taking, Use
from pytest_concurrency.stress.processes.inherited.things import (
    is_private_stream,
    thing_of,
)

_LONGEST_PAUSE_SECONDS = 0.5
"""For so long a thread that holds a lock waits for the fork, and the fork for such a thread."""
_LONGEST_WAIT_FOR_CALM_SECONDS = 0.05
_TICK_SECONDS = 0.0002
_TASKS: Final = Path("/proc/self/task")


class TryOut(NamedTuple):
    """How a run differs from others, to see what comes of it."""

    cure: Cure = ""
    hold_at: frozenset[Site] = frozenset()
    """Lines at which a thread of the parent takes a lock: the fork comes while it holds that. If
    there are none, it comes while no other thread holds one."""


PLAIN: Final = TryOut()


class InParent:
    """What is noted in the process that forks, in one run."""

    def __init__(self, hold_at: frozenset[Site] = frozenset()) -> None:
        self.takings: dict[int, list[Taking]] = {}
        """By the address of a lock: by which other threads, and where, it is taken."""
        self.held: dict[int, dict[int, Taking]] = {}
        """By address, and the ident of a thread that has it for certain: it has gone on after
        taking it, and has not released it."""
        self.files: dict[int, Any] = {}
        """Files that are written or read, by address."""
        self._locks: dict[int, Any] = {}
        """By address; kept, so that none is used again."""
        self._forking = get_ident()
        self._asked: dict[int, tuple[int, Taking]] = {}
        """By the ident of a thread: the lock that it has taken if it passes another point."""
        self._hold_at = hold_at
        self._is_held, self._goes_on = allocate_lock(), allocate_lock()
        self._is_held.acquire()
        self._goes_on.acquire()
        self._forks = False
        self._has_forked = False

    def note(self, site: int, obj: Any, op: str) -> None:
        """Pass a point before something is done with ``obj``."""
        thread = get_ident()
        if thread in self._asked:
            lock, taking = self._asked.pop(thread)
            self.held.setdefault(lock, {})[thread] = taking
            if taking.site in self._hold_at and not self._has_forked:
                if self._is_held.locked():
                    self._is_held.release()
                self._pause()
        thing = thing_of(obj)
        if thing == "file":
            self.files[id(obj)] = obj
        elif thing == "synchronised" and thread != self._forking:
            if op == RELEASE:
                self.held.get(id(obj), {}).pop(thread, None)
            elif (where := _place(site)) is not None:
                self._note_taking(thread, obj, where, op)

    def _note_taking(self, thread: int, obj: object, where: Site, op: str) -> None:
        taking = Taking(threading.current_thread().name, where)
        known = self.takings.setdefault(id(obj), [])
        if taking not in known:
            self._locks[id(obj)] = obj
            known.append(taking)
        if op == ACQUIRE:
            if self._forks and not self._hold_at:
                self._pause()
            self._asked[thread] = (id(obj), taking)

    def _pause(self) -> None:
        """Keep a thread where it is until the fork has come."""
        if not self._has_forked and self._goes_on.acquire(timeout=_LONGEST_PAUSE_SECONDS):
            self._goes_on.release()

    def about_to_fork(self) -> None:
        """Wait until a thread holds one of the locks that are wanted, or none holds any."""
        self._forks = True
        if self._hold_at:
            self._is_held.acquire(timeout=_LONGEST_PAUSE_SECONDS)
            return
        until = time.monotonic() + _LONGEST_WAIT_FOR_CALM_SECONDS
        while self._is_any_held() and time.monotonic() < until:
            time.sleep(_TICK_SECONDS)

    def _is_any_held(self) -> bool:
        """Whether another thread may hold a lock; who takes one that it has itself is idle: so a
        condition waits."""
        asked = dict(self._asked)
        owned = [(lock, thread) for lock, each in list(self.held.items()) for thread in list(each)]
        idle = {(lock, thread) for thread, (lock, _) in asked.items()}.intersection(owned)
        taking = {(lock, thread) for thread, (lock, _) in asked.items()}.union(owned) - idle
        return any(_is_taken(self._locks[lock]) for lock, _ in taking)

    def has_forked(self) -> None:
        """Let all threads go on."""
        self._has_forked = True
        if self._goes_on.locked():
            self._goes_on.release()

    def wanted_by(self, workers: Iterable[Inherited]) -> set[Site]:
        """Return where other threads take locks that workers take, too."""
        wanted = {key for worker in workers for key, _ in worker.locks}
        return {taking.site for key in wanted for taking in self.takings.get(key, ())}


def _is_taken(lock: Any) -> bool:
    if type(lock) is SIMPLE_QUEUE:
        return False
    if not lock.acquire(False):
        return True
    lock.release()
    return False


@contextmanager
def forking(parent: InParent | None, cure: Cure) -> Iterator[None]:
    """Fork workers in the block, when the moment has come."""
    if parent is None:
        yield
        return
    before_fork(cure, parent.files.values())
    parent.about_to_fork()
    try:
        yield
    finally:
        parent.has_forked()


class InWorker:
    """What is noted in one worker."""

    def __init__(
        self,
        parent: InParent,
        *,
        is_in_file: Callable[[Any], bool],
        give_up: Callable[[Stuck], NoReturn],
        on_first_use: Callable[[Any, str], None],
    ) -> None:
        """``is_in_file`` says what a connection is to, ``give_up`` ends a worker that is stuck;
        ``on_first_use`` gets an inherited object, and what it is, right before its first use.
        """
        self._parent = parent
        self._is_in_file = is_in_file
        self._give_up = give_up
        self._on_first_use = on_first_use
        self._uses: dict[tuple[int, Site], Use] = {}
        self._own: dict[int, object] = {}
        """What it has made itself, by address."""
        self._locks: dict[int, Site] = {}
        self._taken: dict[int, object] = {}
        """What it has taken or met itself, by address; kept, so that no address is used again."""
        self._met: dict[int, str] = {}
        """What that is called."""
        self._last_call = ""
        self.objects: dict[int, Any] = {}
        """What was used of what is inherited."""

    def note(self, site: int, obj: Any, op: str) -> None:
        """Pass a point before something is done with ``obj``."""
        if site >= 0 and SITES[site].op == "call":
            self._last_call = _name(site)
        thing = thing_of(obj)
        if not thing:
            return
        if thing == "synchronised":
            self._note_lock(site, obj, op)
            return
        obj = getattr(obj, "connection", obj) if thing == "connection" else obj  # of a cursor
        if not self._has_inherited(obj, thing):
            return
        where = _place(site)
        if where is not None and (id(obj), where) not in self._uses:
            name = _file_name(obj) if thing == "file" else ""
            self._uses[id(obj), where] = Use(thing, id(obj), name or self._name(site), where)

    def _has_inherited(self, obj: Any, thing: str) -> bool:
        if id(obj) in self.objects:
            return True
        if id(obj) in self._own:
            return False
        is_harmless = (thing == "connection" and not self._is_in_file(obj)) or (
            thing == "stream" and not is_private_stream(obj)
        )
        if is_harmless or not is_inherited(obj):
            self._own[id(obj)] = obj
            return False
        self.objects[id(obj)] = obj
        self._on_first_use(obj, thing)
        return True

    def end(self, stuck: Stuck | None = None) -> Inherited:
        """Return what was noted."""
        return Inherited((*self._uses.values(),), stuck, (*self._locks.items(),))

    def _note_lock(self, site: int, obj: Any, op: str) -> None:
        where = _place(site)
        if where is not None and op != RELEASE:
            self._locks.setdefault(id(obj), where)
        if op == ACQUIRE and _never_free(obj):
            self._give_up(self._stuck(obj, site, where))
        self._taken[id(obj)] = obj
        self._met.setdefault(id(obj), self._name(site))

    def _stuck(self, lock: Any, site: int, where: Site | None) -> Stuck:
        name = self._name(site)
        if id(lock) not in self._taken:
            holders = [*self._parent.held.get(id(lock), {}).values()]
            return Stuck("held", name, where, *holders[0]) if holders else Stuck("", name, where)
        for key, called in self._met.items():
            if key != id(lock) and (known := self._parent.takings.get(key)):
                return Stuck("missing", called, where, *known[0])
        return Stuck("", name, where)

    def _name(self, site: int) -> str:
        """Return what the source calls what is used; what the library uses inside of something is
        called by the name of that."""
        return _name(site) if site >= 0 else self._last_call


def _never_free(lock: Any) -> bool:
    """Whether whoever waits for a lock as long as it takes waits for ever: it is taken, and the
    process has no thread but this one, which no signal leads elsewhere.
    """
    return _is_taken(lock) and _is_alone() and not _handles_signals()


def _is_alone() -> bool:
    try:
        return sum(1 for _ in _TASKS.iterdir()) == 1
    except OSError:
        return threading.active_count() == 1


def _handles_signals() -> bool:
    usual = (signal.SIG_DFL, signal.SIG_IGN, signal.default_int_handler, None)
    return any(signal.getsignal(each) not in usual for each in signal.valid_signals())


def _name(site: int) -> str:
    known = SITES[site]
    return known.label.removesuffix(f".{known.name}") if known.name else known.label


def _file_name(file: Any) -> str:
    """Return the last part of a file's path; "" if it has none."""
    try:
        return Path(file.name).name
    except (AttributeError, TypeError, ValueError):
        return ""


def _place(site: int) -> Site | None:
    """Return the line of the program at which something is done, also where the library does it."""
    if site >= 0 and is_programs(SITES[site].path):
        return site_of(site)
    return programs_line()


def programs_line() -> Site | None:
    """Return the line of the program that has called; None if there is none."""
    frame = getframe(1)
    while frame is not None and not is_programs(frame.f_code.co_filename):
        frame = frame.f_back  # type: ignore[assignment]
    if frame is None:
        return None
    code = frame.f_code
    return innermost([(code.co_filename, frame.f_lineno, code.co_qualname)])
