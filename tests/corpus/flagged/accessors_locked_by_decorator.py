"""A decorator locks getter and setter each; the method that calls both is not locked."""

import functools
import threading
from collections.abc import Callable
from typing import Any


def locked(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def wrapper(self: "Score", *arguments: Any) -> Any:
        with self.lock:
            return method(self, *arguments)

    return wrapper


class Score:
    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.points = 0

    @locked
    def read(self) -> int:
        return self.points

    @locked
    def write(self, points: int) -> None:
        self.points = points

    def win(self) -> None:
        self.write(self.read() + 1)


def setup() -> Score:
    return Score()


WORKERS = [Score.win, Score.win]
EXPECT = {"lost-update"}
MAX_SCHEDULES = 200
