"""Each of two threads takes both permits of a semaphore of ``multiprocessing``, one by one."""

import multiprocessing
from multiprocessing.synchronize import Semaphore

EXPECT = {"deadlock"}
MAX_SCHEDULES = 100


def setup() -> Semaphore:
    return multiprocessing.Semaphore(2)


def take_both(permits: Semaphore) -> None:
    with permits, permits:
        pass


WORKERS = [take_both, take_both]
