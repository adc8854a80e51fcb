"""Visits are counted per page in a dictionary that keeps no page alive."""

import weakref

EXPECT = {"lost-update", "test-failure"}
MAX_SCHEDULES = 100


class Page:
    pass


class Site:
    def __init__(self) -> None:
        self.home = Page()
        self.visits = weakref.WeakKeyDictionary({self.home: 0})

    def visit(self) -> None:
        self.visits[self.home] += 1


def setup() -> Site:
    return Site()


WORKERS = [Site.visit, Site.visit]


def check(site: Site) -> bool:
    return site.visits[site.home] == 2
