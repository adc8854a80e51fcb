"""A decorator holds the lock for the whole of a method."""

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

    @locked
    def win(self) -> None:
        self.write(self.read() + 1)


def setup() -> Score:
    return Score()


WORKERS = [Score.win, Score.win]
