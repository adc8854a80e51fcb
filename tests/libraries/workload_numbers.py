"""What the standard library has for numbers, and classes that it makes."""

from __future__ import annotations

import _pydecimal as decimal
import dataclasses
import statistics
from fractions import Fraction

from observed import Notes

PACKAGES = ["_pydecimal", "dataclasses", "fractions", "statistics"]


def _numbers(note):
    context = decimal.Context(prec=12, traps=[decimal.DivisionByZero, decimal.InvalidOperation])
    values = [decimal.Decimal(text) for text in ("1.10", "-3", "0", "Infinity", "1E+9")]
    for one in values:
        for two in values[:3]:
            for operation in (context.add, context.multiply, context.divide, context.quantize):
                note(operation, one, two)
        note(lambda one=one: (one.sqrt(context), one.exp(context)))
        note(lambda one=one: (format(one, ",.3f"), one.as_tuple(), hash(one)))
    with decimal.localcontext() as local:
        local.prec = 3
        note(lambda: decimal.Decimal(1) / 3)
    note(lambda: decimal.Decimal("no"))
    note(lambda: decimal.Decimal(1) + 1.5)
    data = [1, 2, 2, 3.5, Fraction(7, 2), 9]
    for function in ("mean", "median", "mode", "stdev", "quantiles", "harmonic_mean", "multimode"):
        note(getattr(statistics, function), data)
        note(getattr(statistics, function), [])
    note(lambda: statistics.NormalDist(3, 2) + statistics.NormalDist.from_samples([1, 2, 4]))
    note(statistics.linear_regression, [1, 2, 3], [2, 4, 5])
    note(lambda: (Fraction("3/4") ** 2, Fraction(1.5).limit_denominator(3), Fraction(1, 0)))


def _classes(note):
    @dataclasses.dataclass(order=True, slots=True)
    class Item:
        price: float
        name: str = dataclasses.field(default="item", compare=False)
        tags: list[str] = dataclasses.field(default_factory=list, repr=False)
        total: dataclasses.InitVar[int] = 3

        def __post_init__(self, total):
            self.price *= total

    @dataclasses.dataclass(frozen=True, kw_only=True)
    class Frozen:
        inner: Item
        other: int = 0

    note(lambda: sorted([Item(3), Item(1, "b", total=1)]))
    note(lambda: Item("x", total=None))
    frozen = note(lambda: Frozen(inner=Item(2)))
    note(setattr, frozen, "other", 2)
    note(dataclasses.asdict, frozen)
    note(dataclasses.astuple, frozen)
    note(dataclasses.replace, frozen, other=5)
    note(dataclasses.replace, frozen, nothing=5)
    note(dataclasses.fields, Item)
    note(dataclasses.fields, 3)
    note(dataclasses.make_dataclass, "Made", ["a", ("b", int, 3)], bases=(Frozen,), frozen=True)
    note(dataclasses.make_dataclass, "Made", ["a b"])
    note(lambda: dataclasses.dataclass(type("Bad", (), {"__annotations__": {"a": list}, "a": []})))


def brief() -> list[object]:
    note = Notes()
    _classes(note)
    return note.taken


def workload() -> list[object]:
    note = Notes()
    for part in (_numbers, _classes):
        part(note)
    return note.taken
