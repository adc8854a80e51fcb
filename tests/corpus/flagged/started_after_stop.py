"""A service says that it runs as it starts; if it was stopped before, it runs for ever."""

import time

EXPECT = {"no-progress"}
MAX_SCHEDULES = 100
SEQUENTIAL = False


class Service:
    def __init__(self) -> None:
        self.running = False

    def serve(self) -> None:
        self.running = True
        while self.running:
            time.sleep(0.01)

    def stop(self) -> None:
        self.running = False


def setup() -> Service:
    return Service()


WORKERS = [Service.serve, Service.stop]
