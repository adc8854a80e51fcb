"""One call of a built-in container's method is atomic: append, popleft with its exception,
setdefault.
"""

from collections import deque


class Desk:
    def __init__(self) -> None:
        self.jobs = deque(["a"])
        self.done: list[str] = []
        self.groups: dict[str, list[int]] = {}

    def work(self, number: int) -> None:
        self.groups.setdefault("all", []).append(number)
        try:
            self.done.append(self.jobs.popleft())
        except IndexError:
            self.done.append("nothing")


def setup() -> Desk:
    return Desk()


def first(desk: Desk) -> None:
    desk.work(1)


def second(desk: Desk) -> None:
    desk.work(2)


WORKERS = [first, second]


def check(desk: Desk) -> bool:
    return sorted(desk.done) == ["a", "nothing"] and sorted(desk.groups["all"]) == [1, 2]
