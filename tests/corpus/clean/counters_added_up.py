"""Each thread counts in a Counter of its own; they are added up under a lock."""

import threading
from collections import Counter


class Words:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.counts: Counter[str] = Counter()

    def count(self) -> None:
        own: Counter[str] = Counter()
        for word in ("to", "be", "to"):
            own[word] += 1
        with self.lock:
            self.counts += own


def setup() -> Words:
    return Words()


WORKERS = [Words.count, Words.count]


def check(words: Words) -> bool:
    return words.counts == {"to": 4, "be": 2}
