"""The model's dataclasses as plain data (dicts, lists, strings, numbers) and back, exactly.

Reports cross borders as this: from an explorer over a pipe, from an xdist worker to its controller.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints, overload

from pytest_concurrency.kinds import KINDS, HazardKind
from pytest_concurrency.model import StressReport

T = TypeVar("T")


def to_wire(value: object) -> Any:
    """Turn a dataclass of the model, and all that is in it, into plain JSON-able data."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_wire(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple):
        return [to_wire(each) for each in value]
    if value is None or isinstance(value, str | int | float):
        return value
    raise TypeError(f"cannot be sent: {type(value).__name__}")


@overload
def from_wire(data: object) -> StressReport: ...
@overload
def from_wire(data: object, kind: type[T]) -> T: ...
def from_wire(data: object, kind: type[Any] = StressReport) -> Any:
    """Turn plain data back into the dataclass it came from; ``ValueError`` says what is wrong."""
    return _read(data, kind, kind.__name__)


def _read(data: object, hint: Any, where: str) -> Any:
    origin = get_origin(hint)
    if origin is tuple:
        return _read_tuple(data, get_args(hint), where)
    if origin is Literal:
        # The table may have got more kinds since it was made a type.
        words = tuple(KINDS) if hint == HazardKind else get_args(hint)
        if data in words:
            return data
        raise ValueError(f"{where}: {data!r} is none of {', '.join(map(repr, words))}")
    if origin in (Union, UnionType):
        (some,) = (each for each in get_args(hint) if each is not NoneType)
        return None if data is None else _read(data, some, where)
    if is_dataclass(hint):
        return _read_dataclass(data, hint, where)
    if hint is float and type(data) in (int, float):
        return data
    if type(data) is hint:
        return data
    raise ValueError(f"{where}: {data!r} is no {hint.__name__}")


def _read_tuple(data: object, items: tuple[Any, ...], where: str) -> tuple[Any, ...]:
    if not isinstance(data, list | tuple):
        raise ValueError(f"{where}: {data!r} is no list")
    hints = [items[0]] * len(data) if items[-1] is Ellipsis else list(items)
    if len(hints) != len(data):
        raise ValueError(f"{where}: {len(data)} items instead of {len(hints)}")
    pairs = zip(data, hints, strict=True)
    return tuple(_read(each, hint, f"{where}[{i}]") for i, (each, hint) in enumerate(pairs))


def _read_dataclass(data: object, kind: Any, where: str) -> Any:
    if not isinstance(data, dict):
        raise ValueError(f"{where}: {data!r} is no {kind.__name__}")
    hints = _hints(kind)
    if missing := hints.keys() - data.keys():
        raise ValueError(f"{where}: lacks {', '.join(sorted(missing))}")
    if unknown := data.keys() - hints.keys():
        raise ValueError(f"{where}: has unknown {', '.join(sorted(map(str, unknown)))}")
    return kind(
        **{name: _read(data[name], hint, f"{where}.{name}") for name, hint in hints.items()}
    )


@cache
def _hints(kind: Any) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}
