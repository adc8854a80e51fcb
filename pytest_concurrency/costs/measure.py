"""Measuring: how long two threads or two processes take to start and end, and a message to arrive.

Each figure is the median of several tries by the wall clock, on whatever the machine does besides.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable
from statistics import median
from typing import Any

from pytest_concurrency import real_time as time
from pytest_concurrency.model import StartMethod

SMALL_BYTES, LARGE_BYTES = 100, 1_000_000
"""Sizes of the messages that are measured."""
_NOTHING = os.getpid
"""What is run: nothing that a spawned process would have to import."""
_TRIES_OF_THREADS = 20
_TRIES_OF_MESSAGES = 20
_FITS_BYTES = 32_000
"""What a pipe holds for certain."""


def threads_start() -> float:
    """Return the seconds that two threads take from their start to their end."""

    def start_two() -> None:
        threads = [threading.Thread(target=_NOTHING) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    return median_of(start_two, _TRIES_OF_THREADS)


def processes_start(method: StartMethod, tries: int) -> float:
    """Return the same for two processes; the first try, which may start a server, does not count,
    where there are several.
    """
    context: Any = multiprocessing.get_context(method)

    def start_two() -> None:
        processes = [context.Process(target=_NOTHING) for _ in range(2)]
        for process in processes:
            process.start()
        for process in processes:
            process.join()
            process.close()

    if tries > 1:
        start_two()
    return median_of(start_two, tries)


def start_methods() -> tuple[StartMethod, ...]:
    """Return those that this system has."""
    known: tuple[StartMethod, ...] = ("fork", "spawn", "forkserver")
    return tuple(each for each in known if each in multiprocessing.get_all_start_methods())


def message(size: int) -> float:
    """Return the seconds that so many bytes take from one end of a pipe to the other."""
    body = b"x" * size
    receiver, sender = multiprocessing.Pipe(duplex=False)

    def send_and_receive() -> None:
        if size <= _FITS_BYTES:
            sender.send_bytes(body)
            receiver.recv_bytes()
            return
        # Another thread reads: else it would never be written.
        reader = threading.Thread(target=receiver.recv_bytes)
        reader.start()
        sender.send_bytes(body)
        reader.join()

    try:
        return median_of(send_and_receive, _TRIES_OF_MESSAGES if size <= _FITS_BYTES else 3)
    finally:
        receiver.close()
        sender.close()


def median_of(action: Callable[[], object], tries: int) -> float:
    """Return the median of the seconds that so many calls take."""
    taken = []
    for _ in range(tries):
        began = time.perf_counter()
        action()
        taken.append(time.perf_counter() - began)
    return median(taken)
