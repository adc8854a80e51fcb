"""A rate limiter that fills up with time, under a lock."""

from __future__ import annotations

import threading
import time


class Bucket:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.tokens = 1.0
        self.filled_at: float | None = None
        self.allowed = [False, False]

    def allow(self) -> bool:
        with self.lock:
            now = time.monotonic()
            if self.filled_at is not None:
                self.tokens = min(1.0, self.tokens + (now - self.filled_at) * 0.001)
            self.filled_at = now
            if self.tokens < 1:
                return False
            self.tokens -= 1
            return True


def setup() -> Bucket:
    return Bucket()


def first(bucket: Bucket) -> None:
    bucket.allowed[0] = bucket.allow()


def second(bucket: Bucket) -> None:
    bucket.allowed[1] = bucket.allow()


WORKERS = [first, second]


def check(bucket: Bucket) -> bool:
    return sum(bucket.allowed) == 1
