"""A dataclass counts calls and their durations; a reader may get one without the other."""

from dataclasses import dataclass

EXPECT = {"thread-exception", "lost-update", "test-failure"}
MAX_SCHEDULES = 100


@dataclass
class Timing:
    calls: int = 0
    seconds: float = 0.0

    def add(self) -> None:
        self.calls += 1
        self.seconds += 2.0

    def report(self) -> None:
        calls, seconds = self.calls, self.seconds
        assert seconds == 2.0 * calls


def setup() -> Timing:
    return Timing()


WORKERS = [Timing.add, Timing.report]
