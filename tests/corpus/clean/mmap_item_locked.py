"""A byte of mapped memory is read, counted up and written back under a lock."""

import mmap
import threading


class Memory:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.bytes = mmap.mmap(-1, 16)

    def increment(self) -> None:
        with self.lock:
            seen = self.bytes[3]
            self.bytes[3] = seen + 1


def setup() -> Memory:
    return Memory()


WORKERS = [Memory.increment, Memory.increment]


def check(memory: Memory) -> bool:
    return memory.bytes[3] == 2
