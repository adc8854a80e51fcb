"""Who finds the tool lent does without: it is out for a time, and brought back as it was."""

from __future__ import annotations

import threading


class Shed:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.is_out = False
        self.others = ["hammer", "file"]
        self.told: list[str] = []

    def lend(self) -> bool:
        with self.lock:
            if self.is_out:
                return False
            self.is_out = True
            return True

    def bring_back(self) -> None:
        with self.lock:
            self.is_out = False

    def work(self) -> str:
        other = self.others.pop()
        saws = self.lend()
        if saws:
            self.bring_back()
        self.others.append(other)
        return "sawn" if saws else "filed"


def setup() -> Shed:
    return Shed()


WORKERS = [Shed.work, Shed.work]
EACH_ONCE = True
