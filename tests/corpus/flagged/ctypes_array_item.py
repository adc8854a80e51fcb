"""An item of a C array is counted up."""

import ctypes

EXPECT = {"lost-update", "test-failure"}
MAX_SCHEDULES = 100


def setup() -> "ctypes.Array[ctypes.c_int]":
    return (ctypes.c_int * 4)()


def increment(counts: "ctypes.Array[ctypes.c_int]") -> None:
    counts[2] += 1


WORKERS = [increment, increment]


def check(counts: "ctypes.Array[ctypes.c_int]") -> bool:
    return list(counts) == [0, 0, 2, 0]
