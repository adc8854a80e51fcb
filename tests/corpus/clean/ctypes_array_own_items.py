"""Each thread counts in an item of its own of one C array."""

import ctypes


def setup() -> "ctypes.Array[ctypes.c_int]":
    return (ctypes.c_int * 2)()


def count(counts: "ctypes.Array[ctypes.c_int]", place: int) -> None:
    for _ in range(3):
        counts[place] += 1


def first(counts: "ctypes.Array[ctypes.c_int]") -> None:
    count(counts, 0)


def second(counts: "ctypes.Array[ctypes.c_int]") -> None:
    count(counts, 1)


WORKERS = [first, second]
EACH_ONCE = True


def check(counts: "ctypes.Array[ctypes.c_int]") -> bool:
    return list(counts) == [3, 3]
