"""The word count of the flagged twin, under a lock."""

import threading


class Words:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.counts: dict[str, int] = {}

    def count(self) -> None:
        for word in ("to", "be", "to"):
            with self.lock:
                self.counts[word] = self.counts.get(word, 0) + 1


def setup() -> Words:
    return Words()


WORKERS = [Words.count, Words.count]


def check(words: Words) -> bool:
    return words.counts == {"to": 4, "be": 2}
