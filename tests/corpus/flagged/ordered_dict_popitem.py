"""The oldest of the waiting orders is taken by two cooks who both saw one."""

from collections import OrderedDict

EXPECT = {"thread-exception"}
MAX_SCHEDULES = 100


def setup() -> "OrderedDict[str, int]":
    return OrderedDict(soup=1)


def cook(orders: "OrderedDict[str, int]") -> None:
    if orders:
        orders.popitem(last=False)


WORKERS = [cook, cook]
