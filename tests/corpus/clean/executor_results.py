"""The pool's threads share nothing; their results come back through futures."""

from concurrent.futures import ThreadPoolExecutor

SEQUENTIAL = False


class Total:
    def __init__(self) -> None:
        self.value = 0


def setup() -> Total:
    return Total()


def square(number: int) -> int:
    return number * number


def add_up(total: Total) -> None:
    with ThreadPoolExecutor(max_workers=2) as pool:
        for result in pool.map(square, [1, 2, 3]):
            total.value += result


WORKERS = [add_up]


def check(total: Total) -> bool:
    return total.value == 14
