"""``sys.ps2`` is set for the time of a call, which holds a lock."""

import sys
import threading
from collections.abc import Callable
from functools import partial

EACH_ONCE = True


class Prompts:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.seen: list[bool] = []

    def ask(self, text: str) -> None:
        with self.lock:
            sys.ps2 = text
            self.seen.append(sys.ps2 == text)


def setup() -> Prompts:
    return Prompts()


WORKERS: list[Callable[[Prompts], None]] = [
    partial(Prompts.ask, text="> "),
    partial(Prompts.ask, text="$ "),
]


def check(prompts: Prompts) -> bool:
    del sys.ps2
    return all(prompts.seen)
