"""A hash table with chained entries that grows, under one lock."""

from __future__ import annotations

import threading


class Entry:
    def __init__(self, key: int, following: Entry | None) -> None:
        self.key = key
        self.following = following


class HashTable:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.buckets: list[Entry | None] = [None]
        self.count = 0

    def put(self, key: int) -> None:
        with self.lock:
            if self.count == len(self.buckets):
                self._grow()
            place = key % len(self.buckets)
            self.buckets[place] = Entry(key, self.buckets[place])
            self.count += 1

    def _grow(self) -> None:
        old = self.buckets
        self.buckets = [None] * (2 * len(old))
        for first in old:
            entry = first
            while entry is not None:
                following = entry.following
                place = entry.key % len(self.buckets)
                entry.following = self.buckets[place]
                self.buckets[place] = entry
                entry = following

    def keys(self) -> list[int]:
        found = []
        for first in self.buckets:
            entry = first
            while entry is not None and len(found) < 9:
                found.append(entry.key)
                entry = entry.following
        return sorted(found)


def setup() -> HashTable:
    return HashTable()


def put_even(table: HashTable) -> None:
    table.put(2)
    table.put(4)


def put_odd(table: HashTable) -> None:
    table.put(1)


WORKERS = [put_even, put_odd]


def check(table: HashTable) -> bool:
    return table.keys() == [1, 2, 4]
