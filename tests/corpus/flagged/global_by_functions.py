"""A global is read and written by functions."""

import threading

lock = threading.Lock()
level = 0


def get_level() -> int:
    return level


def set_level(new: int) -> None:
    global level
    level = new


def raise_level(state: None) -> None:
    set_level(get_level() + 1)


def setup() -> None:
    set_level(0)


WORKERS = [raise_level, raise_level]
EXPECT = {"lost-update"}
MAX_SCHEDULES = 200
