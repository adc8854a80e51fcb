"""A run is named by time and person when it is asked for first: two give it names of their own."""

from time import time

EXPECT = {"atomicity-violation"}
MAX_SCHEDULES = 50


class Run:
    def __init__(self) -> None:
        self.name: tuple[float, str] | None = None

    def named_by(self, who: str) -> None:
        if self.name is None:
            self.name = (time(), who)


setup = Run


def ann(run: Run) -> None:
    run.named_by("Ann")


def bob(run: Run) -> None:
    run.named_by("Bob")


WORKERS = [ann, bob]
