"""A cache makes room by throwing out the oldest; two threads may make room for the same
newcomer.
"""

from collections import deque

EXPECT = {"thread-exception", "test-failure"}
MAX_SCHEDULES = 100


class Cache:
    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.pages = {"old": "..."}
        self.oldest_first = deque(["old"])

    def add(self, name: str) -> None:
        if len(self.pages) >= self.limit:
            del self.pages[self.oldest_first.popleft()]
        self.pages[name] = "..."
        self.oldest_first.append(name)


def setup() -> Cache:
    return Cache(limit=1)


def add_home(cache: Cache) -> None:
    cache.add("home")


def add_news(cache: Cache) -> None:
    cache.add("news")


WORKERS = [add_home, add_news]


def check(cache: Cache) -> bool:
    return len(cache.pages) <= 1
