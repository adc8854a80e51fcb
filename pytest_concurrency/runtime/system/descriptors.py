"""File descriptors that a thread waits for: whether one is ready, and who could make it so."""

from __future__ import annotations

import os
import select
import socket as _sockets
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from pytest_concurrency._compat_processes import resource_tracker_pid
from pytest_concurrency.real_time import sleep

try:
    from fcntl import ioctl
    from termios import TIOCOUTQ
except ImportError:  # Windows, where nobody asks
    pass

_new_poll: Any = getattr(select, "poll", None)
"""None on Windows, where nobody waits for descriptors here."""
READABLE = getattr(select, "POLLIN", 1)
WRITABLE = getattr(select, "POLLOUT", 4)
EXCEPTIONAL = getattr(select, "POLLPRI", 2)

_FOLDER = Path("/proc/self/fd")
_MAPS = Path("/proc/self/maps")
_inherited: frozenset[str] = frozenset()
"""What was open before this process began to explore: other processes may hold it, too."""
_older: frozenset[int] = frozenset()
"""The child processes of then: they have no descriptor that was made later."""


class Descriptors:
    """What a thread waits for: that one of some descriptors is ready, or only that time passes."""

    __slots__ = ("_behind", "_poller", "events", "what")
    awaited: Any = None
    """The object that is waited for, if the program has one."""
    longest_look = 0.02
    """Seconds of real time for which a thread that looks after them sees nothing else."""

    def __init__(
        self, what: str, events: Mapping[int, int], behind: Iterable[int] | None = None
    ) -> None:
        """``what`` is waited for, in words; ``events`` are those of ``select.poll``.

        ``behind``: the descriptors that make the one in ``events`` ready, that of an ``epoll``.
        """
        self.what = what
        self.events = events
        self._behind = tuple(events if behind is None else behind)
        self._poller = _poller_of(events)

    def are_ready(self) -> bool:
        """Whether whoever waits for them can go on."""
        return bool(self.events) and bool(self._poller.poll(0))

    def depend_on_outside(self) -> bool:
        """Whether more than the threads of this process may end the wait, as far as one can tell.

        None can if this process has no child, and each of the descriptors is a pipe, a socket or an
        event counter that was made since this process began to explore, and, if it is a connected
        socket, so was the other end, and nothing is on its way.
        """
        if not self._behind or has_children():
            return True
        return not all(_is_ours(number) for number in self._behind) or _is_data_on_its_way()


def wait_really(waits: Iterable[Descriptors], seconds: float) -> None:
    """Return when something of what several threads wait for is ready, or real time is up."""
    masks: dict[int, int] = {}
    for each in waits:
        for number, mask in each.events.items():
            masks[number] = masks.get(number, 0) | mask
    if not masks:
        sleep(seconds)
        return
    _poller_of(masks).poll(seconds * 1000)


def _poller_of(masks: Mapping[int, int]) -> Any:
    if not masks:
        return None
    poller = _new_poll()
    for number, mask in masks.items():
        poller.register(number, mask)
    return poller


@contextmanager
def noticed() -> Iterator[None]:
    """While this process explores: what is open now is known to be older."""
    global _inherited, _older
    _inherited = frozenset([*_all_open().values(), *_semaphores().values()])
    _older = frozenset(_children("self") if _has_children() else ())
    try:
        yield
    finally:
        _inherited, _older = frozenset(), frozenset()


def _all_open() -> dict[int, str]:
    """Return what each open descriptor of the process is, as Linux tells it."""
    found = {}
    with suppress(OSError):
        for entry in os.listdir(_FOLDER):  # noqa: PTH208 - a path costs ten times as much
            with suppress(OSError):
                found[int(entry)] = os.readlink(f"{_FOLDER}/{entry}")  # noqa: PTH115
    return found


def _semaphores() -> dict[int, str]:
    """Return the semaphores with a name, even one that is gone, by the address of their page."""
    found: dict[int, str] = {}
    if "_multiprocessing" not in sys.modules:
        return found  # nobody has made any
    with suppress(OSError), _MAPS.open() as lines:
        for line in lines:
            if "/sem." in line:
                address, *_, number, name = line.split(None, 5)
                found[int(address.partition("-")[0], 16)] = f"{number} {name}"
    return found


def is_older_semaphore(address: int) -> bool:
    """Whether a semaphore was there before this process began to explore, as far as one can
    tell.
    """
    name = _semaphores().get(address)
    return name is None or name in _inherited


def has_children() -> bool:
    """Whether there are child processes that may hold what was made here: not those that were there
    before, nor that which ``multiprocessing`` keeps for tidying.
    """
    if not _has_children():
        return False
    younger = _children("self") - _older - {resource_tracker_pid()}
    # A fork server is older, and hands descriptors on to what it forks.
    return bool(younger) or any(_children(str(child)) for child in _older)


def _has_children() -> bool:
    """Whether this process has children at all, or may have: one call of the system."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    except (AttributeError, OSError):
        pass
    return True


def _children(process: str) -> set[int]:
    """Return the numbers of the child processes of a process; none where the system does not
    tell.
    """
    found: set[int] = set()
    with suppress(OSError):
        for thread in os.listdir(f"/proc/{process}/task"):  # noqa: PTH208
            with suppress(OSError):
                text = Path(f"/proc/{process}/task/{thread}/children").read_text()
                found.update(map(int, text.split()))
    return found


def _is_ours(number: int) -> bool:
    """Whether only this process can make a descriptor ready."""
    try:
        name = os.readlink(f"{_FOLDER}/{number}")  # noqa: PTH115
    except OSError:
        return False
    if name in _inherited:
        return False
    if name.startswith("socket:"):
        return _is_our_socket(number)
    return name.startswith("pipe:") or name == "anon_inode:[eventfd]"


def _is_our_socket(number: int) -> bool:
    try:
        with _borrowed(number) as one:
            if one.getsockopt(_sockets.SOL_SOCKET, _sockets.SO_ACCEPTCONN):
                return True
            if one.family not in (_sockets.AF_UNIX, _sockets.AF_INET, _sockets.AF_INET6):
                return False
            peer = one.getpeername()
            if one.family == _sockets.AF_UNIX and not peer:
                return True  # the other end has no name: a pair, or a client's
    except OSError:
        return False
    return any(_name_of(other) == peer for other in _sockets_made_here() if other != number)


def _is_data_on_its_way() -> bool:
    """Whether the system keeps what was sent: small messages wait for the answer to the one before
    (Nagle, RFC 896), which may be late.
    """
    return any(_unsent(number) for number in _sockets_made_here())


def _unsent(number: int) -> int:
    """Return how many bytes of a TCP connection the other end has not confirmed."""
    try:
        with _borrowed(number) as one:
            if one.family == _sockets.AF_UNIX or one.type != _sockets.SOCK_STREAM:
                return 0
            if one.getsockopt(_sockets.SOL_SOCKET, _sockets.SO_ACCEPTCONN):
                return 0
            size = ioctl(number, TIOCOUTQ, bytes(4))
    except OSError:
        return 0
    return int.from_bytes(size, sys.byteorder)


def _sockets_made_here() -> list[int]:
    made = _all_open().items()
    return [
        number for number, name in made if name.startswith("socket:") and name not in _inherited
    ]


def _name_of(number: int) -> object:
    try:
        with _borrowed(number) as one:
            return one.getsockname()
    except OSError:
        return None


@contextmanager
def _borrowed(number: int) -> Iterator[_sockets.socket]:
    one = _sockets.socket(fileno=number)
    try:
        yield one
    finally:
        one.detach()
