"""``local.value += 1`` looks like one place, but every thread has its own."""

import threading


class Trace:
    def __init__(self) -> None:
        self.local = threading.local()
        self.depths = [0, 0]

    def call(self, number: int) -> None:
        self.local.depth = 0
        for _ in range(3):
            self.local.depth += 1
        self.depths[number] = self.local.depth


def setup() -> Trace:
    return Trace()


def first(trace: Trace) -> None:
    trace.call(0)


def second(trace: Trace) -> None:
    trace.call(1)


WORKERS = [first, second]


def check(trace: Trace) -> bool:
    return trace.depths == [3, 3]
