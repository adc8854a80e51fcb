"""Nobody looks at the heap before popping: who finds it empty stops."""

import heapq


class Jobs:
    def __init__(self) -> None:
        self.waiting = [(1, "mail"), (5, "print"), (9, "invoice")]
        self.done: list[str] = []

    def run_all(self) -> None:
        while True:
            try:
                _, name = heapq.heappop(self.waiting)
            except IndexError:
                return
            self.done.append(name)


def setup() -> Jobs:
    return Jobs()


WORKERS = [Jobs.run_all, Jobs.run_all]


def check(jobs: Jobs) -> bool:
    return sorted(jobs.done) == ["invoice", "mail", "print"]
