"""The oldest of the waiting orders is taken without looking; who comes too late notices."""

from collections import OrderedDict


def setup() -> "OrderedDict[str, int]":
    return OrderedDict(soup=1)


def cook(orders: "OrderedDict[str, int]") -> None:
    try:
        orders.popitem(last=False)
    except KeyError:
        return


WORKERS = [cook, cook]


def check(orders: "OrderedDict[str, int]") -> bool:
    return not orders
