"""A weak reference is asked once for its object, which then lives as long as it is used."""

from __future__ import annotations

import weakref


class Window:
    def __init__(self) -> None:
        self.title = "letter"


class Screen:
    def __init__(self) -> None:
        self.open: Window | None = Window()
        self.focus = weakref.ref(self.open)

    def focused_title(self) -> str:
        window = self.focus()
        if window is not None:
            return window.title
        return ""

    def close(self) -> None:
        self.open = None


def setup() -> Screen:
    return Screen()


WORKERS = [Screen.focused_title, Screen.close]
