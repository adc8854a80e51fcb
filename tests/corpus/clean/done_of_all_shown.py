"""Two workers count what is done, round by round: any count may be shown meanwhile."""

from threading import Lock


class Progress:
    def __init__(self) -> None:
        self.lock = Lock()
        self.done = 0

    def work(self) -> None:
        for _ in range(2):
            with self.lock:
                self.done += 1

    def show(self) -> str:
        return f"{self.done} of 4"


def setup() -> Progress:
    return Progress()


WORKERS = [Progress.work, Progress.work, Progress.show]
EACH_ONCE = True
