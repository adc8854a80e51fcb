"""Two threads contract edges of a graph; the number of edges is wrong."""

from __future__ import annotations

EXPECT = {"lost-update", "test-failure", "thread-exception"}
MAX_SCHEDULES = 300


class Node:
    def __init__(self, name: str) -> None:
        self.name = name
        self.parent = self
        self.degree = 0


class Graph:
    def __init__(self) -> None:
        self.nodes = [Node(name) for name in "abc"]

    def connect(self, one: Node, other: Node) -> None:
        degree = one.degree + 1
        one.degree = degree
        other.degree = other.degree + 1
        top = other
        while top.parent is not top:
            top = top.parent
        one.parent = top


def setup() -> Graph:
    return Graph()


def connect_first(graph: Graph) -> None:
    a, b, c = graph.nodes
    graph.connect(a, b)
    graph.connect(a, c)


def connect_second(graph: Graph) -> None:
    a, b, c = graph.nodes
    graph.connect(b, c)
    graph.connect(a, b)


WORKERS = [connect_first, connect_second]


def check(graph: Graph) -> bool:
    return [node.degree for node in graph.nodes] == [3, 3, 2]
