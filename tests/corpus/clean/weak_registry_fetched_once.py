"""A registry that keeps nobody alive: who fetches holds what it got, or knows that it is gone."""

from __future__ import annotations

import weakref


class Session:
    def __init__(self) -> None:
        self.hits = 0


class Sessions:
    def __init__(self) -> None:
        self.owner: Session | None = Session()
        self.by_name = weakref.WeakValueDictionary({"anna": self.owner})

    def hit(self) -> None:
        session = self.by_name.get("anna")
        if session is not None:
            session.hits += 1

    def log_out(self) -> None:
        self.owner = None


def setup() -> Sessions:
    return Sessions()


WORKERS = [Sessions.hit, Sessions.log_out]
EACH_ONCE = True
