"""The usual word count, ``d[k] = d.get(k, 0) + 1``: a method call reads,
an item store writes. No check.
"""

EXPECT = {"lost-update"}
MAX_SCHEDULES = 100


def setup() -> dict[str, int]:
    return {}


def count_words(counts: dict[str, int]) -> None:
    for word in ("to", "be"):
        counts[word] = counts.get(word, 0) + 1


WORKERS = [count_words, count_words]
