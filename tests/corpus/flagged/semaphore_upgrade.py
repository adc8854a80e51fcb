"""A reader holds one permit, a writer needs both: two readers that become writers wait for ever."""

import threading

EXPECT = {"deadlock"}
MAX_SCHEDULES = 100


class Page:
    def __init__(self) -> None:
        self.permits = threading.Semaphore(2)
        self.reads = 0

    def read_and_count(self) -> None:
        with self.permits, self.permits:
            self.reads += 1


def setup() -> Page:
    return Page()


WORKERS = [Page.read_and_count, Page.read_and_count]


def check(page: Page) -> bool:
    return page.reads == 2
