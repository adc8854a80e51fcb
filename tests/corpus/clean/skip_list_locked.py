"""A skip list, each insertion under one lock."""

from __future__ import annotations

import threading


class Node:
    def __init__(self, key: int, height: int) -> None:
        self.key = key
        self.next: list[Node | None] = [None] * height


class SkipList:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.head = Node(-1, 2)

    def insert(self, key: int, height: int) -> None:
        with self.lock:
            node = self.head
            before = [self.head, self.head]
            for level in (1, 0):
                ahead = node.next[level]
                while ahead is not None and ahead.key < key:
                    node = ahead
                    ahead = node.next[level]
                before[level] = node
            made = Node(key, height)
            for level in range(height):
                made.next[level] = before[level].next[level]
                before[level].next[level] = made

    def keys(self) -> list[int]:
        found = []
        node = self.head.next[0]
        while node is not None:
            found.append(node.key)
            node = node.next[0]
        return found


def setup() -> SkipList:
    return SkipList()


def insert_low(found: SkipList) -> None:
    found.insert(1, 2)
    found.insert(3, 1)


def insert_high(found: SkipList) -> None:
    found.insert(2, 1)
    found.insert(4, 2)


WORKERS = [insert_low, insert_high]


def check(found: SkipList) -> bool:
    return found.keys() == [1, 2, 3, 4]
