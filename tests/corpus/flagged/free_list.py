"""Two threads take the same block from a free list."""

from __future__ import annotations

EXPECT = {"lost-update", "test-failure", "thread-exception"}
MAX_SCHEDULES = 300


class Block:
    def __init__(self, number: int, following: Block | None) -> None:
        self.number = number
        self.following = following
        self.users = 0


class FreeList:
    def __init__(self) -> None:
        self.first: Block | None = Block(1, Block(2, None))

    def take(self) -> Block | None:
        block = self.first
        if block is not None:
            self.first = block.following
            block.following = None
        return block

    def give_back(self, block: Block) -> None:
        block.following = self.first
        self.first = block

    def count(self) -> int:
        count, block = 0, self.first
        while block is not None and count < 5:
            count += 1
            block = block.following
        return count


def setup() -> FreeList:
    return FreeList()


def use(blocks: FreeList) -> None:
    for _ in range(2):
        block = blocks.take()
        if block is not None:
            blocks.give_back(block)


WORKERS = [use, use]


def check(blocks: FreeList) -> bool:
    return blocks.count() == 2
