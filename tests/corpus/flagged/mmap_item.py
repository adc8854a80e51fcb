"""A byte of mapped memory is read, counted up and written back."""

import mmap

EXPECT = {"lost-update", "test-failure"}
MAX_SCHEDULES = 100


def setup() -> mmap.mmap:
    return mmap.mmap(-1, 16)


def increment(memory: mmap.mmap) -> None:
    seen = memory[3]
    memory[3] = seen + 1


WORKERS = [increment, increment]


def check(memory: mmap.mmap) -> bool:
    return memory[3] == 2
