"""Each of two threads takes two permits of three, one by one: one of them always has its second."""

import multiprocessing
from multiprocessing.synchronize import Semaphore


def setup() -> Semaphore:
    return multiprocessing.Semaphore(3)


def take_two(permits: Semaphore) -> None:
    with permits, permits:
        pass


WORKERS = [take_two, take_two]
EACH_ONCE = True
