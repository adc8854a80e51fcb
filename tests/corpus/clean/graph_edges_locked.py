"""Edges between nodes are contracted, under one lock."""

from __future__ import annotations

import threading


class Node:
    def __init__(self, name: str) -> None:
        self.name = name
        self.parent = self
        self.degree = 0


class Graph:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.nodes = [Node(name) for name in "abc"]

    def connect(self, one: Node, other: Node) -> None:
        with self.lock:
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
