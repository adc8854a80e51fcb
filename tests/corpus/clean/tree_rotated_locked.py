"""A tree that is rotated towards what was looked up last, under one lock."""

from __future__ import annotations

import threading


class Node:
    def __init__(self, key: int, left: Node | None = None, right: Node | None = None) -> None:
        self.key = key
        self.left = left
        self.right = right


class Tree:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.root = Node(2, Node(1), Node(3))

    def rotate_right(self) -> None:
        with self.lock:
            root = self.root
            pivot = root.left
            if pivot is not None:
                root.left = pivot.right
                pivot.right = root
                self.root = pivot

    def rotate_left(self) -> None:
        with self.lock:
            root = self.root
            pivot = root.right
            if pivot is not None:
                root.right = pivot.left
                pivot.left = root
                self.root = pivot


def setup() -> Tree:
    return Tree()


def right_twice(tree: Tree) -> None:
    tree.rotate_right()
    tree.rotate_right()


def left_twice(tree: Tree) -> None:
    tree.rotate_left()
    tree.rotate_left()


WORKERS = [right_twice, left_twice]


def keys(node: Node | None, depth: int = 0) -> list[int]:
    if node is None or depth > 5:
        return []
    return [*keys(node.left, depth + 1), node.key, *keys(node.right, depth + 1)]


def check(tree: Tree) -> bool:
    return keys(tree.root) == [1, 2, 3]
