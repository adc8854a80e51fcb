"""A stack whose pop compares the top with the one it saw; when that node has come back in the
meantime (A, B, A), it sets a top that somebody else has taken.
"""

from __future__ import annotations

import threading

EXPECT = {"test-failure", "lost-update"}
MAX_SCHEDULES = 300


class Node:
    def __init__(self, below: Node | None) -> None:
        self.below = below


class Stack:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.top: Node | None = Node(Node(None))
        self.taken: list[Node] = []

    def set_top(self, seen: Node | None, new: Node | None) -> bool:
        """Compare and set."""
        with self.lock:
            if self.top is not seen:
                return False
            self.top = new
            return True

    def pop(self) -> Node | None:
        while True:
            top = self.top
            if top is None:
                return None
            if self.set_top(top, top.below):
                return top

    def push(self, node: Node) -> None:
        while True:
            node.below = self.top
            if self.set_top(node.below, node):
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
