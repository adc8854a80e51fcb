"""An LRU cache of linked nodes, each operation under one lock."""

from __future__ import annotations

import threading


class Node:
    def __init__(self, key: object) -> None:
        self.key = key
        self.prev = self.next = self


class Cache:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.nodes: dict[str, Node] = {}
        self.root = Node(None)

    def _unlink(self, node: Node) -> None:
        node.prev.next, node.next.prev = node.next, node.prev

    def _link(self, node: Node) -> None:
        last = self.root.prev
        node.prev, node.next = last, self.root
        last.next = self.root.prev = node

    def use(self, key: str) -> None:
        with self.lock:
            node = self.nodes.get(key)
            if node is None:
                if len(self.nodes) == 2:
                    oldest = self.root.next
                    self._unlink(oldest)
                    del self.nodes[str(oldest.key)]
                node = self.nodes[key] = Node(key)
            else:
                self._unlink(node)
            self._link(node)

    def keys(self) -> list[str]:
        found, node = [], self.root.next
        while node is not self.root and len(found) < 5:
            found.append(str(node.key))
            node = node.next
        return found


def setup() -> Cache:
    return Cache()


def use(cache: Cache) -> None:
    for key in "aba":
        cache.use(key)


def use_others(cache: Cache) -> None:
    for key in "bcb":
        cache.use(key)


WORKERS = [use, use_others]


def check(cache: Cache) -> bool:
    return sorted(cache.keys()) == sorted(cache.nodes) and len(cache.nodes) <= 2
