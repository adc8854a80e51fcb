"""Both threads look at the flag and set it to True; it does not matter who does."""


class Monitor:
    def __init__(self) -> None:
        self.alarmed = False

    def alarm(self) -> None:
        if not self.alarmed:
            self.alarmed = True


def setup() -> Monitor:
    return Monitor()


WORKERS = [Monitor.alarm, Monitor.alarm]


def check(monitor: Monitor) -> bool:
    return monitor.alarmed
