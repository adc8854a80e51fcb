"""A full buffer is written out and cleared: what came in between is gone."""

from __future__ import annotations

EXPECT = {"test-failure", "lost-update"}
MAX_SCHEDULES = 100


class Log:
    def __init__(self) -> None:
        self.buffer = ["start"]
        self.written: list[str] = []

    def flush(self) -> None:
        self.written.extend(self.buffer)
        self.buffer.clear()

    def write(self, line: str) -> None:
        self.buffer.append(line)


def setup() -> Log:
    return Log()


def write_line(log: Log) -> None:
    log.write("line")


WORKERS = [Log.flush, write_line]


def check(log: Log) -> bool:
    log.flush()
    return log.written == ["start", "line"]
