"""The bluetooth driver of the literature: a request checks the stop flag,
then counts itself in too late.
"""

import threading

EXPECT = {"test-failure", "thread-exception"}
MAX_SCHEDULES = 500


class Driver:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.pending = 1
        self.stopping = False
        self.all_done = threading.Event()
        self.stopped = False

    def enter(self) -> bool:
        if self.stopping:
            return False
        with self.lock:
            self.pending += 1
        return True

    def leave(self) -> None:
        with self.lock:
            self.pending -= 1
            if self.pending == 0:
                self.all_done.set()

    def request(self) -> None:
        if self.enter():
            assert not self.stopped, "a request runs on a stopped driver"
            self.leave()

    def stop(self) -> None:
        self.stopping = True
        self.leave()
        self.all_done.wait()
        self.stopped = True


def setup() -> Driver:
    return Driver()


WORKERS = [Driver.request, Driver.stop]
