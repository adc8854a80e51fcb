"""A value and its time are renewed under the lock; who finds the time good enough takes the value
that is there, without the lock."""

from threading import Lock


class Cached:
    def __init__(self) -> None:
        self.lock = Lock()
        self.made = 0
        self.value = 0

    def renew(self, now: int) -> None:
        with self.lock:
            self.value = now * 10
            self.made = now

    def get(self, now: int) -> int:
        if self.made + 5 < now:
            self.renew(now)
        return self.value


def setup() -> Cached:
    return Cached()


def soon(cached: Cached) -> None:
    cached.get(3)


def late(cached: Cached) -> None:
    cached.get(9)


WORKERS = [soon, late]
EACH_ONCE = True
