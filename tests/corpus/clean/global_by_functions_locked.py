"""A global is read and written by functions under a lock."""

import threading

lock = threading.Lock()
level = 0


def get_level() -> int:
    return level


def set_level(new: int) -> None:
    global level
    level = new


def raise_level(state: None) -> None:
    with lock:
        set_level(get_level() + 1)


def setup() -> None:
    set_level(0)


WORKERS = [raise_level, raise_level]
