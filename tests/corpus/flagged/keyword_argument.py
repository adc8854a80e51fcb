"""What a method gave is passed on by keyword."""

import threading


class Settings:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.retries = 0

    def current(self) -> int:
        return self.retries

    def update(self, *, retries: int) -> None:
        self.retries = retries


def more(settings: Settings) -> None:
    retries = settings.current()
    settings.update(retries=retries + 1)


def setup() -> Settings:
    return Settings()


WORKERS = [more, more]
EXPECT = {"lost-update"}
MAX_SCHEDULES = 200
