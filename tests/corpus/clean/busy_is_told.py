"""Who finds the printer busy is told so: what comes of a lock that is tried is meant to differ."""

import threading


class Printer:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.pages = 0

    def print_page(self) -> str:
        if not self.lock.acquire(blocking=False):
            return "busy"
        try:
            self.pages += 1
            return "printed"
        finally:
            self.lock.release()


def setup() -> Printer:
    return Printer()


WORKERS = [Printer.print_page, Printer.print_page]
