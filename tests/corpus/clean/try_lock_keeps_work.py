"""Whoever finds the lock taken waits for it: nothing is dropped."""

from __future__ import annotations

import threading


class Log:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.waited = False
        self.written = 0


def setup() -> Log:
    return Log()


def pause(log: Log) -> None:
    with log.lock:
        pass


def write(log: Log) -> None:
    if not log.lock.acquire(blocking=False):
        log.waited = True
        log.lock.acquire()
    log.written += 1
    log.lock.release()


WORKERS = [pause, write]


def check(log: Log) -> bool:
    return log.written == 1
