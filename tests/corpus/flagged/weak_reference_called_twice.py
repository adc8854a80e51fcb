"""A weak reference is asked whether its object lives, and asked again for the object: it may have
died in between.
"""

from __future__ import annotations

import weakref

EXPECT = {"thread-exception"}
MAX_SCHEDULES = 100


class Window:
    def __init__(self) -> None:
        self.title = "letter"


class Screen:
    def __init__(self) -> None:
        self.open: Window | None = Window()
        self.focus = weakref.ref(self.open)

    def focused_title(self) -> str:
        if self.focus() is not None:
            return self.focus().title
        return ""

    def close(self) -> None:
        self.open = None


def setup() -> Screen:
    return Screen()


WORKERS = [Screen.focused_title, Screen.close]
