"""Whoever finds the lock taken drops its work, although the holder does nothing that is shared."""

from __future__ import annotations

import threading

EXPECT = {"test-failure"}
MAX_SCHEDULES = 20


class Log:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.dropped = False


def setup() -> Log:
    return Log()


def pause(log: Log) -> None:
    with log.lock:
        pass


def write(log: Log) -> None:
    if log.lock.acquire(blocking=False):
        log.lock.release()
    else:
        log.dropped = True


WORKERS = [pause, write]


def check(log: Log) -> bool:
    return not log.dropped
