"""SIGTERM while a test is stressed ends the session as Ctrl-C does: with what is known so far."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def termination_interrupts() -> Iterator[None]:
    """Let SIGTERM, which would end this process at once, raise KeyboardInterrupt meanwhile.

    Somebody else's handler stays, and threads other than the main one may not install any.
    """
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    owner = os.getpid()

    def interrupt(number: int, frame: FrameType | None) -> None:
        if os.getpid() != owner:  # a child that has just been forked
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
            return
        raise KeyboardInterrupt("SIGTERM")

    interrupt.__name__ = _NAME
    signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGTERM) is interrupt:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)


def forget_termination() -> None:
    """Make SIGTERM in a forked child what it is for the program."""
    handler = signal.getsignal(signal.SIGTERM)
    if getattr(handler, "__name__", "") == _NAME:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


_NAME = "pytest_concurrency_termination"
