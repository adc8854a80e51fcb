"""Each thread counts for itself and merges under the lock."""

import threading


class Words:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.total: dict[str, int] = {}

    def of(self, word: str) -> int:
        return self.total.get(word, 0)

    def set(self, word: str, count: int) -> None:
        self.total[word] = count

    def count(self) -> None:
        mine: dict[str, int] = {}
        for word in ("a", "b", "a"):
            mine[word] = mine.get(word, 0) + 1
        for word, count in mine.items():
            with self.lock:
                self.set(word, self.of(word) + count)


def setup() -> Words:
    return Words()


WORKERS = [Words.count, Words.count]
