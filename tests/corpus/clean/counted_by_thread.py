"""Counts by thread, and who was there last: idents and names of threads are no outcome."""

import threading


class Visits:
    def __init__(self) -> None:
        self.counts: dict[int, int] = {}
        self.last = 0

    def visit(self) -> int:
        me = threading.get_ident()
        self.last = me
        self.counts[me] = self.counts.get(me, 0) + 1
        self.last = me
        return me


def setup() -> Visits:
    return Visits()


WORKERS = [Visits.visit, Visits.visit]
