"""A registry that keeps nobody alive: what was there when it was looked for is gone when it is
fetched.
"""

from __future__ import annotations

import weakref

EXPECT = {"thread-exception"}
MAX_SCHEDULES = 100


class Session:
    def __init__(self) -> None:
        self.hits = 0


class Sessions:
    def __init__(self) -> None:
        self.owner: Session | None = Session()
        self.by_name = weakref.WeakValueDictionary({"anna": self.owner})
        self.events: list[str] = []

    def hit(self) -> None:
        if "anna" in self.by_name:
            self.events.append("hit")
            self.by_name["anna"].hits += 1

    def log_out(self) -> None:
        self.events.append("log out")
        self.owner = None


def setup() -> Sessions:
    return Sessions()


WORKERS = [Sessions.hit, Sessions.log_out]
