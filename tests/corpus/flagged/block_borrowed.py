"""A block is taken from the front of a linked list under a lock, and given back without one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Block:
    def __init__(self, following: Block | None) -> None:
        self.following = following
        self.uses = 0


class Blocks:
    def __init__(self) -> None:
        self.returned = threading.Condition()
        self.first: Block | None = Block(Block(None))

    @contextmanager
    def borrowed(self) -> Iterator[Block]:
        with self.returned:
            while self.first is None:
                self.returned.wait()
            block = self.first
            self.first, block.following = block.following, None
        try:
            yield block
        finally:
            block.following = self.first
            self.first = block
            with self.returned:
                self.returned.notify()


def setup() -> Blocks:
    return Blocks()


def work(blocks: Blocks) -> None:
    with blocks.borrowed() as block:
        block.uses += 1


WORKERS = [work, work, work]
EXPECT = {"lost-update", "test-failure", "deadlock", "thread-exception"}
MAX_SCHEDULES = 300


def check(blocks: Blocks) -> bool:
    uses, count, block = 0, 0, blocks.first
    while block is not None and count < 5:
        uses, count, block = uses + block.uses, count + 1, block.following
    return (uses, count) == (3, 2)
