"""Programs made as packages that keep values are: caches, memoizers, indexes."""

# ruff: noqa: N805
# mypy: ignore-errors
from __future__ import annotations

import threading
from collections import OrderedDict


class LRU:
    def __init__(self, n):
        self.n = n
        self.data = OrderedDict()
        self.hits = 0
        self.misses = 0

    def get(self, k):
        if k in self.data:
            self.data.move_to_end(k)
            self.hits = 1
            return self.data[k]
        self.misses = 1
        return None

    def put(self, k, v):
        if len(self.data) >= self.n:
            self.data.popitem(last=False)
        self.data[k] = v


class OfLru:
    location = "LRU.data"

    def new():
        c = LRU(1)
        c.put(1, 1)
        return c

    workers = (lambda c: c.get(1), lambda c: c.put(2, 2))
    check = None


class TTL:
    def __init__(self):
        self.data = {1: "a"}
        self.expires = {1: 0}
        self.size = 1

    def expire(self):
        for k, t in list(self.expires.items()):
            if t <= 0:
                del self.data[k]
                del self.expires[k]
                self.size -= 1


class OfTtl:
    location = "TTL."

    def new():
        return TTL()

    workers = (TTL.expire, TTL.expire)
    check = None


class SortedList:
    def __init__(self):
        self.lists = [[1, 5]]
        self.maxes = [5]
        self.len = 2

    def add(self, v):
        pos = 0
        while pos < len(self.lists[0]) and self.lists[0][pos] < v:
            pos += 1
        self.lists[0].insert(pos, v)
        self.maxes[0] = self.lists[0][-1]
        self.len = len(self.lists[0])


class OfSorted:
    location = "SortedList.lists"

    def new():
        return SortedList()

    workers = (lambda s: s.add(3), lambda s: s.add(2))

    def check(s):
        assert s.lists[0] == sorted(s.lists[0])


class Lazy:
    def __init__(self):
        self.inst = None
        self.created = 0
        self.lock = threading.Lock()

    def get(self):
        if self.inst is None:
            v = {}
            with self.lock:
                self.created += 1
            self.inst = v
        return self.inst


class OfLazy:
    location = "Lazy.inst"

    def new():
        return Lazy()

    workers = (Lazy.get, Lazy.get)

    def check(it):
        assert it.created == 1


class HalfInit:
    def __init__(self):
        self.inst = None

    def get(self):
        if self.inst is None:
            self.inst = {}
            self.inst["ready"] = True
        return self.inst


class OfHalf:
    location = "HalfInit.inst"

    def new():
        return HalfInit()

    def w(h):
        assert h.get()["ready"]

    workers = (w, w)
    check = None


def memo():
    cache = {}
    calls = []

    def f(x):
        if x not in cache:
            calls.append(x)
            cache[x] = x * 2
        return cache[x]

    f.calls = calls
    return f


class OfMemo:
    location = "cache"

    def new():
        return memo()

    workers = (lambda f: f(1), lambda f: f(1))

    def check(f):
        assert len(f.calls) == 1


class Index:
    def __init__(self):
        self.index = {}
        self.rev = {}

    def add(self, k, v):
        rows = self.index.get(k)
        if rows is None:
            rows = []
            self.index[k] = rows
        rows.append(v)
        self.rev[v] = k

    def remove(self, k, v):
        self.index[k].remove(v)
        if not self.index[k]:
            del self.index[k]


class OfIndex:
    location = "Index.index"

    def new():
        return Index()

    workers = (lambda i: i.add("k", 1), lambda i: i.add("k", 2))

    def check(i):
        assert len(i.index["k"]) == 2


class OfIndexRemove:
    location = "Index.index"

    def new():
        i = Index()
        i.add("k", 1)
        return i

    workers = (lambda i: i.add("k", 2), lambda i: i.remove("k", 1))

    def check(i):
        assert 2 in i.index.get("k", [])


class Node:
    def __init__(self, k):
        self.k = k
        self.next = None
        self.prev = None


class NodeLRU:
    def __init__(self):
        self.root = Node(None)
        self.root.next = self.root.prev = self.root
        self.map = {}

    def add(self, k):
        n = Node(k)
        last = self.root.prev
        last.next = n
        n.prev = last
        n.next = self.root
        self.root.prev = n
        self.map[k] = n

    def keys(self):
        out = []
        n = self.root.next
        while n is not self.root and n is not None:
            out.append(n.k)
            n = n.next
        return out


class OfNodes:
    location = "Node."

    def new():
        return NodeLRU()

    workers = (lambda it: it.add(1), lambda it: it.add(2))

    def check(it):
        assert sorted(it.keys()) == [1, 2]
