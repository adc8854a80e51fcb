"""A worker's own threads each fill their own place; the sum is made after both have ended."""

import threading

SEQUENTIAL = False


class Words:
    def __init__(self) -> None:
        self.counts = [0, 0]
        self.total = 0

    def count(self, place: int, text: str) -> None:
        self.counts[place] += len(text.split())


def setup() -> Words:
    return Words()


def count_all(words: Words) -> None:
    texts = ("to be or not", "to be")
    threads = [
        threading.Thread(target=words.count, args=(place, text)) for place, text in enumerate(texts)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    words.total = words.counts[0] + words.counts[1]


WORKERS = [count_all]


def check(words: Words) -> bool:
    return words.total == 6
