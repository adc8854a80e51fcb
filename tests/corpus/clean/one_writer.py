"""A counter that only one thread writes; the other just looks, and takes what it finds."""


class Stats:
    def __init__(self) -> None:
        self.requests = 0
        self.shown: list[int] = []

    def serve(self) -> None:
        for _ in range(3):
            self.requests += 1

    def show(self) -> None:
        first = self.requests
        second = self.requests
        self.shown.append(second - first)


def setup() -> Stats:
    return Stats()


WORKERS = [Stats.serve, Stats.show]
EACH_ONCE = True


def check(stats: Stats) -> bool:
    return stats.requests == 3 and stats.shown[0] >= 0
