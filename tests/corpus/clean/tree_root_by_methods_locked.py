"""A tree's new root is made from the old one under a lock."""

import threading


class Tree:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self._root: tuple[object, ...] = ()

    @property
    def root(self) -> tuple[object, ...]:
        return self._root

    @root.setter
    def root(self, root: tuple[object, ...]) -> None:
        self._root = root

    def insert(self, key: int) -> None:
        with self.lock:
            self.root = (self.root, key)


def low(tree: Tree) -> None:
    tree.insert(1)


def high(tree: Tree) -> None:
    tree.insert(9)


def setup() -> Tree:
    return Tree()


WORKERS = [low, high]
