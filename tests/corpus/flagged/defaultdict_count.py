"""Counting in a defaultdict looks safe because no key is ever missing. It is not."""

from collections import defaultdict

EXPECT = {"lost-update", "test-failure"}
MAX_SCHEDULES = 100


def setup() -> defaultdict[str, int]:
    return defaultdict(int)


def count(letters: defaultdict[str, int]) -> None:
    for letter in "aba":
        letters[letter] += 1


WORKERS = [count, count]


def check(letters: defaultdict[str, int]) -> bool:
    return letters == {"a": 4, "b": 2}
