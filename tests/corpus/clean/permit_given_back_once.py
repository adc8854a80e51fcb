"""Whoever finds that the permit is held gives it back, and says so under the same lock."""

from __future__ import annotations

import threading


class Gate:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.permits = threading.Semaphore(1)
        self.permits.acquire()
        self.is_held = True

    def close(self) -> None:
        with self.lock:
            if self.is_held:
                self.permits.release()
                self.is_held = False


def setup() -> Gate:
    return Gate()


WORKERS = [Gate.close, Gate.close]
