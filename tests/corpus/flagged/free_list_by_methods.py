"""A list of free nodes whose head is read and moved by methods: two take one node."""

import threading


class Node:
    def __init__(self, following: "Node | None" = None) -> None:
        self.following = following


class Free:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self._head: Node | None = Node(Node(Node()))

    def head(self) -> "Node | None":
        return self._head

    def move(self, node: "Node | None") -> None:
        self._head = node

    def take(self) -> "Node | None":
        node = self.head()
        if node is not None:
            self.move(node.following)
        return node


def setup() -> Free:
    return Free()


WORKERS = [Free.take, Free.take]
EXPECT = {"lost-update"}
MAX_SCHEDULES = 200
