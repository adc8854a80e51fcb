"""A service looks for a request to stop that nobody takes back, whenever it comes."""

import time


class Service:
    def __init__(self) -> None:
        self.stop_requested = False

    def serve(self) -> None:
        while not self.stop_requested:
            time.sleep(0.01)

    def stop(self) -> None:
        self.stop_requested = True


def setup() -> Service:
    return Service()


WORKERS = [Service.serve, Service.stop]
SEQUENTIAL = False
