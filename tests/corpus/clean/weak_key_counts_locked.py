"""Visits are counted per page, under a lock, in a dictionary that keeps no page alive."""

import threading
import weakref


class Page:
    pass


class Site:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.home = Page()
        self.visits = weakref.WeakKeyDictionary({self.home: 0})

    def visit(self) -> None:
        with self.lock:
            self.visits[self.home] += 1


def setup() -> Site:
    return Site()


WORKERS = [Site.visit, Site.visit]


def check(site: Site) -> bool:
    return site.visits[site.home] == 2
