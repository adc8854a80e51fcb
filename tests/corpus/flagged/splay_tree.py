"""A splay tree that two threads turn round at once: a part of it is lost."""

from __future__ import annotations

from typing import Any

EXPECT = {"lost-update", "test-failure", "thread-exception", "no-progress"}
MAX_SCHEDULES = 100

Node = list[Any]
"""A key, the node on the left, the node on the right."""


class Tree:
    def __init__(self) -> None:
        self.root: Node = [4, [2, None, None], None]

    def splay(self, top: Node, key: int) -> Node:
        header: Node = [0, None, None]
        left = right = header
        while True:
            if key < top[0] and top[1] is not None:
                if key < top[1][0]:
                    below = top[1]
                    top[1], below[2] = below[2], top
                    top = below
                    if top[1] is None:
                        break
                right[1] = top
                right = top
                top = top[1]
            elif key > top[0] and top[2] is not None:
                if key > top[2][0]:
                    below = top[2]
                    top[2], below[1] = below[1], top
                    top = below
                    if top[2] is None:
                        break
                left[2] = top
                left = top
                top = top[2]
            else:
                break
        left[2], right[1] = top[1], top[2]
        top[1], top[2] = header[2], header[1]
        return top

    def add(self, key: int) -> None:
        top = self.splay(self.root, key)
        if key < top[0]:
            added = [key, top[1], top]
            top[1] = None
        else:
            added = [key, top, top[2]]
            top[2] = None
        self.root = added


def setup() -> Tree:
    return Tree()


def add_low(tree: Tree) -> None:
    tree.add(1)
    tree.add(6)


def add_high(tree: Tree) -> None:
    tree.add(7)
    tree.add(3)


WORKERS = [add_low, add_high]


def keys(node: Node | None, depth: int = 0) -> list[int]:
    if node is None or depth > 6:
        return []
    return [*keys(node[1], depth + 1), node[0], *keys(node[2], depth + 1)]


def check(tree: Tree) -> bool:
    return keys(tree.root) == [1, 2, 3, 4, 6, 7]
