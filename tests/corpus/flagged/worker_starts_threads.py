"""A worker starts threads of its own, and they race with each other."""

import threading

EXPECT = {"lost-update", "test-failure"}
MAX_SCHEDULES = 200
SEQUENTIAL = False


def setup() -> dict[str, int]:
    return {"words": 0}


def count_words(totals: dict[str, int], text: str) -> None:
    totals["words"] += len(text.split())


def count_in_threads(totals: dict[str, int]) -> None:
    threads = [
        threading.Thread(target=count_words, args=(totals, text))
        for text in ("to be or not", "to be")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


WORKERS = [count_in_threads]


def check(totals: dict[str, int]) -> bool:
    return totals["words"] == 6
