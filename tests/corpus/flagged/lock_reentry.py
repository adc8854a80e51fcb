"""While the other thread has turned details on, writing takes the same plain Lock a second time."""

import threading

EXPECT = {"deadlock"}
MAX_SCHEDULES = 100


class Log:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.detailed = False
        self.lines: list[str] = []

    def size(self) -> int:
        with self.lock:
            return len(self.lines)

    def write(self, line: str) -> None:
        with self.lock:
            prefix = f"{self.size()}: " if self.detailed else ""
            self.lines.append(prefix + line)


def setup() -> Log:
    return Log()


def write(log: Log) -> None:
    log.write("hello")


def look_closely(log: Log) -> None:
    log.detailed = True
    log.size()
    log.detailed = False


WORKERS = [write, look_closely]
