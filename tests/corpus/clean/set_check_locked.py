"""The set of pages seen is looked at and added to under a lock; the visit comes after it."""

import threading


class Crawler:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.seen: set[str] = set()
        self.visits: list[str] = []

    def is_new(self, page: str) -> bool:
        with self.lock:
            if page in self.seen:
                return False
            self.seen.add(page)
            return True

    def visit(self) -> None:
        if self.is_new("index"):
            self.visits.append("index")


def setup() -> Crawler:
    return Crawler()


WORKERS = [Crawler.visit, Crawler.visit]


def check(crawler: Crawler) -> bool:
    return crawler.visits == ["index"]
