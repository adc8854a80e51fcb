"""Jobs are taken by a helper that is one step, until it gives none; each worker tells which."""

from threading import Lock


class Office:
    def __init__(self) -> None:
        self.lock = Lock()
        self.jobs = ["a", "b", "c"]

    def _next(self) -> str | None:
        with self.lock:
            return self.jobs.pop(0) if self.jobs else None

    def work(self) -> list[str]:
        return list(iter(self._next, None))


def setup() -> Office:
    return Office()


WORKERS = [Office.work, Office.work]
