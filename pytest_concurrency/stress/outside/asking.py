"""How a worker asks before each touch of something outside its memory, and waits for an answer.

Who conducts (``conducted/``) is told what comes next, and answers when it may take place. Where a
lock is to be taken for which the worker would wait, it is asked meanwhile whether that is free.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

from pytest_concurrency._compat import allocate_lock, get_ident
from pytest_concurrency._compat_processes import is_mine, is_semaphore, is_zero, semaphore_of
from pytest_concurrency.runtime.helpers.blocking.stand_ins import BOUND
from pytest_concurrency.stress.children.messages import MessageWriter
from pytest_concurrency.stress.outside.touch import Touch, are_entries

GO: Final = b"g"
IS_FREE: Final = b"f"
"""What a worker that has asked is told: to go on; to say whether the lock is free."""
ASKS: Final = "asks"
SAYS: Final = "says"
IsFree = Callable[[], bool]
"""Whether what is about to be taken could be had at once."""
_TRY_ONLY: Final = 4  # LOCK_NB of fcntl, which Windows has not
_FDINFO: Final = Path("/proc/self/fdinfo")
_LOCKED_ALONE: Final = re.compile(r"^lock:.* FLOCK +\S+ +WRITE ", re.MULTILINE)


class Question(NamedTuple):
    """What a worker asks for leave for."""

    touch: Touch | None
    """None: to begin."""
    is_free: bool | None = None
    """Whether the lock is free that it waits for as long as it takes; None: it is about to do
    something else."""
    is_part: bool = False
    """It is no question: this, too, is done by what it has got leave for."""


class Asking:
    """Asks for leave, on whatever thread of the worker something is about to be touched."""

    def __init__(self, writer: MessageWriter, answers: int) -> None:
        self._writer = writer
        self._answers = answers
        self._mutex = allocate_lock()
        self._asker = 0

    def __call__(self, touch: Touch | None, is_free: IsFree | None = None) -> None:
        """Wait for leave; a process that the worker has forked does not ask."""
        if not self._writer.is_mine or self._asker == get_ident():
            return
        with self._mutex:
            self._asker = get_ident()
            try:
                self._ask(touch, is_free)
            finally:
                self._asker = 0

    def _ask(self, touch: Touch | None, is_free: IsFree | None) -> None:
        if touch is not None and touch.may_write and are_entries(touch.location):
            # That a name comes or goes is no step of its own: it is what is done to the file.
            self._writer.send((ASKS, Question(touch, is_part=True)))
            return
        free = is_free() if is_free is not None else None
        self._writer.send((ASKS, Question(touch, free)))
        while os.read(self._answers, 1) == IS_FREE:
            self._writer.send((SAYS, is_free is None or is_free()))


def lock_in(target: Any) -> IsFree | None:
    """Return what says whether a lock of ``multiprocessing`` is free, or one that such an object
    has; None for what is no lock."""
    if id(type(target)) in BOUND:
        target = target.__self__
    semaphore = semaphore_of(target)
    if not is_semaphore(semaphore):
        return None
    is_recursive = semaphore.kind == 0
    return lambda: not is_zero(semaphore) or (is_recursive and is_mine(semaphore))


def would_get(descriptor: Any, how: Any) -> IsFree | None:
    """Return what says whether ``flock`` would get the lock at once; None if it does not wait.

    It is tried by a description of the file of our own: what the descriptor holds already stays.
    Processes that have inherited a descriptor hold such a lock together: who takes it once more
    does not wait.
    """
    if type(how) is not int or how & _TRY_ONLY:
        return None
    try:
        number = descriptor if type(descriptor) is int else descriptor.fileno()
    except Exception:  # of the program's
        return None
    return lambda: _is_held_by(number) or _could_lock(number, how | _TRY_ONLY)


def _is_held_by(number: int) -> bool:
    """Whether the description behind a descriptor has locked its file for itself alone."""
    try:
        return bool(_LOCKED_ALONE.search(_FDINFO.joinpath(str(number)).read_text()))
    except OSError:
        return False


def _could_lock(number: int, how: int) -> bool:
    import fcntl

    try:
        other = os.open(f"/proc/self/fd/{number}", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return True  # the call itself will say what is wrong
    try:
        fcntl.flock(other, how)
    except BlockingIOError:
        return False
    except OSError:
        return True
    finally:
        os.close(other)
    return True
