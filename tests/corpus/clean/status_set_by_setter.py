"""How far a job has come is set by a setter: whoever asks is told what it says at that time."""

from threading import Lock


class Job:
    def __init__(self) -> None:
        self.lock = Lock()
        self._status = "new"

    def set_status(self, status: str) -> None:
        with self.lock:
            self._status = status

    def status(self) -> str:
        with self.lock:
            return self._status

    def run(self) -> None:
        self.set_status("running")
        self.set_status("done")


def setup() -> Job:
    return Job()


WORKERS = [Job.run, Job.status]
EACH_ONCE = True
