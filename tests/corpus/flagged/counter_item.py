"""A collections.Counter counts in two steps, as any dict does."""

from collections import Counter

EXPECT = {"test-failure", "lost-update"}
MAX_SCHEDULES = 100


def setup() -> "Counter[str]":
    return Counter()


def count(words: "Counter[str]") -> None:
    for word in ("to", "be"):
        words[word] += 1


WORKERS = [count, count]


def check(words: "Counter[str]") -> bool:
    return words == {"to": 2, "be": 2}
