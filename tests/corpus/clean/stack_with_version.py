"""A stack whose top has a version: a node that has come back is not taken for the old one."""

from __future__ import annotations

import threading


class Node:
    def __init__(self, below: Node | None) -> None:
        self.below = below


class Stack:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.top: tuple[Node | None, int] = (Node(Node(None)), 0)
        self.taken: list[Node] = []

    def set_top(self, seen: tuple[Node | None, int], new: Node | None) -> bool:
        """Compare and set."""
        with self.lock:
            if self.top is not seen:
                return False
            self.top = (new, seen[1] + 1)
            return True

    def pop(self) -> Node | None:
        while True:
            seen = self.top
            top = seen[0]
            if top is None:
                return None
            if self.set_top(seen, top.below):
                return top

    def push(self, node: Node) -> None:
        while True:
            seen = self.top
            node.below = seen[0]
            if self.set_top(seen, node):
                return

    def keep(self, node: Node | None) -> None:
        if node is not None:
            self.taken.append(node)


def setup() -> Stack:
    return Stack()


def take(stack: Stack) -> None:
    stack.keep(stack.pop())


def put_first_back(stack: Stack) -> None:
    first = stack.pop()
    stack.keep(stack.pop())
    if first is not None:
        stack.push(first)


WORKERS = [take, put_first_back]


def check(stack: Stack) -> bool:
    while (node := stack.pop()) is not None:
        stack.taken.append(node)
    return len(stack.taken) == 2 and stack.taken[0] is not stack.taken[1]
