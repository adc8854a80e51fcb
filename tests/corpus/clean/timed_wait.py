"""Nobody ever sets the event, but the wait has a timeout: this is slow, and no deadlock."""

import threading


class Pause:
    def __init__(self) -> None:
        self.event = threading.Event()
        self.woken = [True, True]


def setup() -> Pause:
    return Pause()


def first(pause: Pause) -> None:
    pause.woken[0] = pause.event.wait(timeout=0.01)


def second(pause: Pause) -> None:
    pause.woken[1] = pause.event.wait(timeout=0.02)


WORKERS = [first, second]


def check(pause: Pause) -> bool:
    return pause.woken == [False, False]
