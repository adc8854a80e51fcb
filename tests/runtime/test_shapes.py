"""What an access touches is judged without running code of the program."""

from __future__ import annotations

import enum
import functools
import threading
from collections import OrderedDict, defaultdict, deque
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pytest_concurrency.runtime.effects import containers, files, foreign, keys, shapes


@pytest.fixture(autouse=True)
def _instrumented(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shapes, "SHAPES", {})
    foreign.note_instrumented({__name__})


class Meta(type):
    @property
    def size(cls) -> int:
        raise AssertionError("run by accident")


class Thing(metaclass=Meta):
    __slots__ = ("slot",)
    default = 1

    def method(self) -> None: ...

    @property
    def prop(self) -> int:
        raise AssertionError("run by accident")

    @functools.cached_property
    def cached(self) -> int:
        raise AssertionError("run by accident")

    def __getattr__(self, name: str) -> Any:
        raise AssertionError("run by accident")


class Open:
    default = 1


class Color(enum.Enum):
    RED = 1


@pytest.mark.parametrize(
    ("cls", "name", "shape"),
    [
        (Thing, "slot", shapes.DATA),
        (Thing, "absent", shapes.DATA),
        (Thing, "default", shapes.DEFAULT),
        (Thing, "method", shapes.CODE),
        (Thing, "prop", shapes.CODE),
        (Thing, "cached", shapes.LAZY),
        (list, "append", shapes.CODE),
        (list, "__len__", shapes.CODE),
        (dict, "fromkeys", shapes.CODE),
        (Thing, "__class__", shapes.CODE),
        (Meta, "default", shapes.CLASS),
        (Meta, "size", shapes.CODE),
        (type(Color), "RED", shapes.CODE),
        (type(threading), "anything", shapes.MODULE),
        (threading.local, "anything", shapes.CODE),
    ],
)
def test_shape(cls: type, name: str, shape: str) -> None:
    assert shapes.shape_of(cls, name) == shape
    assert shapes.SHAPES[id(cls)][name] == shape


def test_a_default_is_read_from_the_class_only_if_it_is_rebound_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shapes, "STORED_IN_CLASS", {})
    one, hiding = Open(), Open()
    hiding.default = 2
    assert shapes.read_from(one, "default", shapes.DEFAULT) is one
    assert shapes.written_to(Open, "default", shapes.CLASS) is Open
    assert shapes.read_from(one, "default", shapes.DEFAULT) is Open
    assert shapes.read_from(hiding, "default", shapes.DEFAULT) is hiding


def test_the_instance_is_asked_before_a_descriptor_that_cannot_be_set() -> None:
    class Lazy:
        @functools.cached_property
        def value(self) -> int:
            return 1

    class Nowhere:
        __slots__ = ()

    lazy = Lazy()
    assert shapes.read_from(lazy, "value", shapes.LAZY) is lazy
    assert shapes.read_from(Nowhere(), "value", shapes.LAZY) is None
    assert lazy.value == 1
    assert shapes.read_from(lazy, "value", shapes.LAZY) is lazy
    assert shapes.written_to(lazy, "value", shapes.LAZY) is lazy


def test_a_store_in_another_class_of_that_name_does_not_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shapes, "STORED_IN_CLASS", {})
    shapes.note_store_in_class("default", "elsewhere.py", "Open")
    one = Open()
    assert shapes.read_from(one, "default", shapes.DEFAULT) is one
    shapes.note_store_in_class("default", __file__, "Open")
    assert shapes.read_from(one, "default", shapes.DEFAULT) is Open


def test_stores_that_run_code_or_hide_it() -> None:
    thing = object.__new__(Thing)
    assert shapes.written_to(thing, "prop", shapes.CODE) is None
    assert shapes.written_to(thing, "method", shapes.CODE) is thing
    assert shapes.written_to(threading.local(), "x", shapes.CODE) is None


def test_a_proxy_is_not_asked_what_it_stands_for() -> None:
    class Proxy:
        @property
        def __class__(self) -> type:
            raise AssertionError("run by accident")

    proxy: Any = Proxy()
    assert shapes.shape_of(type(proxy), "value") == shapes.DATA
    assert containers.container_kind(type(proxy)) == containers.NO_CONTAINER
    assert keys.plain_value(proxy) is None


def test_a_module_with_a_getattribute_of_its_own() -> None:
    class Module(ModuleType):
        def __getattribute__(self, name: str) -> Any:
            raise AssertionError("run by accident")

    module = Module("m")
    assert shapes.read_from(module, "x", shapes.MODULE) is None
    namespace = shapes.written_to(module, "x", shapes.MODULE)
    assert namespace["__name__"] == "m"


def test_a_module_that_is_not_under_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what the program rebinds there is data that threads share."""
    monkeypatch.setattr(shapes, "STORED_IN_MODULES", set())
    module = ModuleType("m")
    assert shapes.read_from(module, "x", shapes.MODULE) is None
    namespace = shapes.written_to(module, "x", shapes.MODULE)
    assert shapes.read_from(module, "x", shapes.MODULE) is namespace
    assert shapes.read_from(module, "y", shapes.MODULE) is None


def test_a_class_that_is_being_made() -> None:
    seen = []

    class Making(type):
        def mro(cls) -> list[type]:
            seen.append(shapes.read_from(cls, "flag", shapes.CLASS))
            return list(type.mro(cls))

    class Made(metaclass=Making):
        flag = 1

    assert seen == [None]
    assert shapes.read_from(Made, "flag", shapes.CLASS) is Made


@pytest.mark.parametrize(
    ("cls", "kind"),
    [
        (dict, containers.MAPPING),
        (OrderedDict, containers.MAPPING),
        (defaultdict, containers.MAPPING),
        (list, containers.SEQUENCE),
        (deque, containers.SEQUENCE),
        (bytearray, containers.SEQUENCE),
        (set, containers.UNORDERED),
        (tuple, containers.NO_CONTAINER),
        (str, containers.NO_CONTAINER),
        (type("Sub", (dict,), {}), containers.MAPPING),
        (type("Own", (dict,), {"__getitem__": lambda self, key: key}), containers.NO_CONTAINER),
    ],
)
def test_container_kind(cls: type, kind: str) -> None:
    assert containers.container_kind(cls) == kind


@pytest.mark.parametrize(
    ("cls", "name", "kind"),
    [
        (list, "append", "write"),
        (list, "index", "read"),
        (dict, "get", "read"),
        (dict, "setdefault", "write"),
        (deque, "popleft", "write"),
        (threading.Event, "set", "call"),
        (type(Path()), "write_text", containers.FILE),
        (str, "replace", None),
        (type("Sub", (list,), {"append": lambda self, x: None}), "append", None),
        (type("Sub", (list,), {}), "append", "write"),
    ],
)
def test_method_kind(cls: type, name: str, kind: str | None) -> None:
    assert containers.method_kind(cls, name) == kind


def test_plain_values() -> None:
    text = type("Text", (str,), {})("a")
    assert type(keys.plain_value(text)) is str
    assert keys.plain_value(text) == "a"
    odd = type("Odd", (str,), {"__hash__": lambda self: 1, "__eq__": lambda self, other: True})
    assert keys.plain_value(odd("a")) is None
    assert keys.plain_value(object()) is None


@pytest.mark.parametrize(
    ("mode", "kind"),
    [("r", "read"), ("rb", "read"), ("w", "write"), ("ab", "write"),
     ("x", "write"), ("r+", "write")],
)  # fmt: skip
def test_modes(mode: str, kind: str, tmp_path: Path) -> None:
    place = str(tmp_path / "f")
    assert files.effects(open, (place, mode), {}) == ((place, kind),)
    assert files.effects(open, (place,), {"mode": mode}) == ((place, kind),)
    assert files.method_effects(Path(place), "open", (mode,), {}) == ((place, kind),)


def test_files_that_are_none() -> None:
    assert files.effects(open, (3,), {}) == ()
    assert files.effects(open, (), {"nonsense": 1}) == ()
    assert files.effects(print, ("text",), {}) == ()
