"""Classes made by attrs: both APIs, slots, converters, validators, hooks, comparison."""

from __future__ import annotations

import pickle
from functools import cached_property

import attr
import attrs
from attr import converters, filters, validators
from observed import Notes

PACKAGES = ["attr", "attrs"]


@attrs.define
class Point:
    x: int = attrs.field(converter=int, validator=validators.ge(0))
    y: int = attrs.field(default=0, validator=[validators.instance_of(int), validators.lt(100)])
    tags: list[str] = attrs.field(factory=list, repr=lambda tags: "/".join(tags))

    @y.validator
    def _even(self, attribute, value):
        if value % 2:
            raise ValueError(f"{attribute.name} is odd: {value}")

    @cached_property
    def total(self):
        return self.x + self.y


@attrs.define
class Point3(Point):
    z: int = attrs.field(default=attrs.Factory(lambda self: self.x * 2, takes_self=True))

    def moved(self, **changes):
        return attrs.evolve(self, **changes), super().__eq__(self)


@attrs.frozen(order=True)
class Version:
    major: int
    minor: int = attrs.field(eq=str, order=lambda value: -value, default=0)


@attr.s(auto_attribs=True, cache_hash=True, hash=True, str=True)
class Old:
    name: str = attr.ib(default="old", metadata={"a": 1}, kw_only=True)
    _private: int = 3

    def __attrs_pre_init__(self):
        self.began = True

    def __attrs_post_init__(self):
        self.sum = len(self.name) + self._private


@attrs.define(on_setattr=attrs.setters.frozen, slots=False)
class Frozen:
    value: int = attrs.field(on_setattr=attrs.setters.convert, converter=float)
    fixed: int = 1


def _made_classes(note):
    made = note(attrs.make_class, "Made", ["a", "b"])
    note(made, 1, 2)
    note(made, 1)
    note(
        attrs.make_class,
        "Both",
        {"a": attrs.field(default=1), "b": attrs.field()},
    )

    def build():
        @attrs.define
        class Nested:
            inner: Point
            __hidden: int = 2

            def kind(self):
                return __class__.__name__

        nested = Nested(Point(1))
        return nested, nested.kind(), attrs.fields_dict(Nested)

    note(build)
    note(lambda: attrs.define(slots=True, weakref_slot=False)(type("T", (), {"x": attrs.field()})))
    note(lambda: attrs.define(type("T", (), {"__annotations__": {"x": int}, "x": attr.ib()})))
    note(attr.s, these={"x": attr.ib()}, frozen=True, on_setattr=attr.setters.validate)
    note(lambda: attr.s(frozen=True, on_setattr=attr.setters.validate)(type("T", (), {})))


def _hooks(note):
    def upper(cls, fields):
        return [field.evolve(alias=field.name.upper()) for field in fields]

    hooked = note(attrs.make_class, "Hooked", ["a", "b"], field_transformer=upper)
    note(hooked, A=1, B=2)
    note(hooked, 1, b=2)
    note(attrs.fields, Point3)
    note(attrs.resolve_types, Version)
    note(attrs.fields, int)
    note(attrs.has, Point)
    note(attrs.has, list[int])


def _checks(note):
    optional = validators.optional(validators.in_([1, 2]))
    checks = [
        optional,
        validators.matches_re(r"a+"),
        validators.deep_iterable(validators.instance_of(int), validators.instance_of(list)),
        validators.deep_mapping(validators.instance_of(str), validators.max_len(2)),
        validators.and_(validators.min_len(1), validators.is_callable()),
        validators.not_(validators.instance_of(str), msg="no {value}", exc_types=TypeError),
        validators.or_(validators.gt(3), validators.le(-3)),
    ]
    field = attrs.fields(Version).major
    for check in checks:
        note(repr, check)
        for value in (None, 1, "aaa", [1], {"a": "b"}, len, Point3, [1, "x"], {"k": "long"}):
            note(check, None, field, value)
    converted = converters.pipe(converters.default_if_none("7"), int)
    for convert in (converted, converters.to_bool, converters.optional(float)):
        for value in (None, "1", "yes", "nope", 0):
            note(convert, value)


def workload() -> list[object]:
    note = Notes()
    for arguments in (("1", 2), (1, 3), (-1,), (1, "2"), (None,), (1, 200), ()):
        note(Point, *arguments)
        note(Point3, *arguments, ["t", "u"])
    point = note(Point3, 3, 4)
    note(lambda: (point.total, point.total, point.z))
    note(setattr, point, "x", "12")
    note(setattr, point, "y", 5)
    note(setattr, point, "w", 5)
    note(lambda: point == Point3(12, 4, z=6))
    note(hash, point)
    note(attrs.asdict, point, filter=filters.exclude(attrs.fields(Point3).tags, int))
    note(attrs.asdict, Old(name="n"), value_serializer=lambda owner, field, value: str(value))
    note(attrs.astuple, [point][0], recurse=False)
    note(point.moved, x=1)
    note(lambda: sorted([Version(1, 2), Version(1, 3), Version(0, 9)]))
    note(lambda: Version(1) < 3)
    note(setattr, Version(1), "major", 2)
    note(delattr, Version(1), "major")
    note(lambda: pickle.loads(pickle.dumps([point, Version(2, 1)])))
    note(lambda: (Old(name="a"), str(Old(7)), hash(Old()) == hash(Old()), Old(private=1).sum))
    frozen = note(Frozen, 1)
    note(setattr, frozen, "value", "2")
    note(setattr, frozen, "fixed", 2)
    note(lambda: frozen)
    note(attr.validate, Point(1))
    _made_classes(note)
    _hooks(note)
    _checks(note)
    return note.taken
