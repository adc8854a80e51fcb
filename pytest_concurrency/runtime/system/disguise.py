"""Replaces functions so that they look as ever: they are pickled, copied, compared and looked at as
the originals are, in other processes, too.

A function written in Python gets other code, as instrumented ones do; it stays the object that it
is. One written in C gets a stand-in that is asked nothing but what to call.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache, partial
from operator import call, is_
from types import BuiltinFunctionType, CodeType, FunctionType, MethodDescriptorType
from typing import Any, NamedTuple

Undo = Callable[[], object]


class StandIn(staticmethod):  # type: ignore[type-arg]
    """Stands in for a function in C: called in C, so that no frame comes between.

    A static method, since ``inspect`` looks into a ``functools.partial`` of any class.
    """

    __slots__ = ("_new", "_original")

    def __new__(cls, *_: Any) -> Any:
        """Make what ``__init__`` fills."""
        make: Any = super().__new__
        return make(cls, len)

    def __init__(self, original: Any, new: Callable[..., Any]) -> None:
        """Make one that does what ``new`` does, and else is ``original``."""
        object.__setattr__(self, "_original", original)
        object.__setattr__(self, "_new", new)
        super().__init__(new)

    def __getattribute__(self, name: str) -> Any:
        return getattr(original_of(self), name)

    def __reduce__(self) -> Any:
        return original_of(self).__reduce__()

    def __repr__(self) -> str:
        return repr(original_of(self))

    def __eq__(self, other: object) -> bool:
        return bool(original_of(self) == original_of(other))

    def __hash__(self) -> int:
        return hash(original_of(self))

    def __get__(self, instance: object, owner: type | None = None) -> StandIn:
        """Return itself: functions in C do not become methods."""
        return self

    def __dir__(self) -> list[str]:
        return dir(original_of(self))


class MethodStandIn(StandIn):
    """The same for a method in C."""

    __slots__ = ()

    def __get__(self, instance: object, owner: type | None = None) -> StandIn:
        """Return what the method is as one of ``instance``."""
        if instance is None:
            return self
        function = object.__getattribute__(self, "_new")
        return StandIn(original_of(self).__get__(instance, owner), partial(function, instance))


def original_of(function: Any) -> Any:
    """Return what ``function`` stands in for; if that is nothing, ``function``."""
    if not (type(function) is StandIn or type(function) is MethodStandIn):
        return function
    return object.__getattribute__(function, "_original")


_STAND_INS = {id(BuiltinFunctionType): StandIn, id(MethodDescriptorType): MethodStandIn}
"""By the type of what they stand in for."""


def takes_other_code(function: object, new: object) -> bool:
    """Whether ``function`` can be given the code of ``new``: it stays what it is."""
    return (
        type(function) is FunctionType
        and type(new) is FunctionType
        and function.__closure__ is None
    )


def is_in_c(function: object) -> bool:
    """Whether it is a function that is written in C."""
    return type(function) is BuiltinFunctionType


def disguised(original: Any, new: Any) -> Any:
    """Return what to put in the place of ``original``, if that is to be replaced."""
    stand_in = _STAND_INS.get(id(type(original)))
    return new if stand_in is None else stand_in(original, new)


class Watched(NamedTuple):
    """Stand-ins that are in place."""

    owners: tuple[Any, ...] = ()
    """The modules and classes that hold them."""
    names: tuple[str, ...] = ()
    stand_ins: tuple[StandIn, ...] = ()
    held: tuple[Callable[[], object], ...] = ()
    """What gives what is there now."""

    def renew(self) -> None:
        """Put those in place again whose originals somebody has put back."""
        if all(map(is_, map(call, self.held), self.stand_ins)):  # before each execution: in C
            return
        places = zip(self.owners, self.names, self.stand_ins, self.held, strict=True)
        for owner, name, stand_in, held in places:
            if held() is original_of(stand_in):
                setattr(owner, name, stand_in)


def watched(replacements: Mapping[Any, Mapping[str, Any]]) -> Watched:
    """Return the stand-ins among what has been put in place, by owner and name."""
    found = [
        (owner, name, new, partial(vars(owner).get, name))
        for owner, by_name in replacements.items()
        for name, new in by_name.items()
        if type(new) is StandIn
    ]
    return Watched(*zip(*found, strict=True))


def replace(owner: Any, name: str, new: Any) -> Iterator[Undo]:
    """Make ``new`` what ``owner``, a module or class, does under that name; yield what takes that
    back."""
    own = vars(owner).get(name)
    if takes_other_code(own, new):
        yield from _exchanged(own, new)
    else:
        yield partial(delattr, owner, name) if own is None else partial(setattr, owner, name, own)
        setattr(owner, name, new)


def look_ahead(owner: Any, name: str, new: Any) -> None:
    """Make what ``replace`` will need, for all processes that are forked from this one."""
    own = vars(owner).get(name)
    if takes_other_code(own, new):
        _template(own.__code__, own.__code__.co_filename)


def _exchanged(function: Any, new: Any) -> Iterator[Undo]:
    """Let ``function`` hand on to ``new``, which finds in its place one with the old code."""
    old = FunctionType(
        function.__code__, function.__globals__, function.__name__, function.__defaults__
    )
    old.__kwdefaults__ = function.__kwdefaults__
    for cell in new.__closure__ or ():
        if cell.cell_contents is function:
            yield partial(setattr, cell, "cell_contents", function)
            cell.cell_contents = old
    for name, value in list(new.__globals__.items()):
        if value is function:
            yield partial(new.__globals__.__setitem__, name, function)
            new.__globals__[name] = old
    yield partial(setattr, function, "__code__", function.__code__)
    function.__code__ = _handing_on(function, new)


_HANDED_ON = "what is called"


def _handing_on(function: FunctionType, new: FunctionType) -> CodeType:
    """Make code that takes the arguments of ``function`` and calls ``new`` with them."""
    code = _template(function.__code__, function.__code__.co_filename)
    return code.replace(
        co_consts=tuple(new if each == _HANDED_ON else each for each in code.co_consts),
        co_name=function.__code__.co_name,
        co_qualname=function.__code__.co_qualname,
        co_firstlineno=function.__code__.co_firstlineno,
    )


@lru_cache(maxsize=256)
def _template(code: CodeType, filename: str) -> CodeType:
    """Make code that takes the same arguments and calls a text with them."""
    parameters = inspect.signature(FunctionType(code, {})).parameters.values()
    taken = inspect.Signature([each.replace(annotation=each.empty) for each in parameters])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)  # for calling a text
        module = compile(
            f"def f{taken}: return {_HANDED_ON!r}({', '.join(map(_passed, parameters))})",
            filename,
            "exec",
            dont_inherit=True,
        )
    (template,) = [each for each in module.co_consts if isinstance(each, CodeType)]
    return template


def _passed(parameter: inspect.Parameter) -> str:
    prefix: dict[object, str] = {
        parameter.VAR_POSITIONAL: "*",
        parameter.VAR_KEYWORD: "**",
        parameter.KEYWORD_ONLY: f"{parameter.name}=",
    }
    return prefix.get(parameter.kind, "") + parameter.name
