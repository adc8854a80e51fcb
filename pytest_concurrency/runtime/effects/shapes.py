"""What an attribute or method access touches, judged by type and name only, and remembered.

Nothing here runs code of the program under test: classes are looked at through their ``__dict__``.
"""

from __future__ import annotations

import sys
import threading
from array import array
from collections import deque
from collections.abc import Callable
from enum import EnumMeta
from types import (
    BuiltinFunctionType,
    FrameType,
    FunctionType,
    GetSetDescriptorType,
    MemberDescriptorType,
    ModuleType,
    TracebackType,
)
from typing import Any, Final

from pytest_concurrency.runtime.effects.foreign import (
    INSTRUMENTED_MODULES,
    class_name,
    is_derived,
    is_foreign,
    is_one_of,
    is_use,
    mro,
)
from pytest_concurrency.runtime.effects.memory import ids_of, memory, remember, remember_name

DATA: Final = "data"
"""An attribute kept in the instance (``__dict__`` or slot), or by a descriptor whose code is not
seen."""
BESIDE: Final = "beside"
"""Kept in the instance of a container, where no change of its items touches it: a location of the
dictionary that holds the attributes."""
CODE: Final = "code"
"""A method, a property, a descriptor: touching it touches nothing shared, running it may."""
METHOD: Final = "method"
"""A method whose code is not seen: calling it is a use of the object."""
LAZY: Final = "lazy"
"""Kept in the instance once it is there; until then a descriptor makes it. Either way the instance
is asked first."""
DEFAULT: Final = "default"
"""Plain data in the class, which an instance attribute may hide."""
MODULE: Final = "module"
CLASS: Final = "class"

DECIDES: Final = "decides"
"""Name of sites that ask for a container's truth value or equality: what is done next depends on
it, rather than what is written."""

SHAPES: dict[int, dict[str, str]] = memory()
"""By class and name."""
STORED_IN_CLASS: dict[str, set[tuple[str, str]]] = {}
"""Names of attributes that the program rebinds in a class, ``Counter.total = 0``, with the file and
the name of each such class: it may be made anew, in each execution even."""
STORED_IN_MODULES: set[tuple[str, str]] = set()
"""Attributes that the program rebinds in a module from outside, ``sys.argv = []``: the module and
the name."""

_METHODS: Final = ids_of(
    [FunctionType, BuiltinFunctionType, classmethod, staticmethod]
    + [type(of_c) for of_c in (list.append, list.__len__, vars(dict)["fromkeys"])]
)
"""What a method is in its class."""
_CONTAINERS_IN_C: Final = (dict, list, set, deque, bytearray, array)
_IN_C: dict[int, bool] = memory()
"""By class: whether it is one of them, or made from one."""

LOCALS: dict[int, type] = {}
"""Types of thread locals that the program uses."""

PLAIN_KEYS: Final = ids_of({str, int, bytes, bool, float, type(None)})

MISSING: Final = object()


def lookup(cls: type, name: str) -> Any:
    """Find ``name`` along the MRO without binding or calling anything; ``MISSING`` if absent."""
    owner = owner_of_name(cls, name)
    return MISSING if owner is None else namespace_of(owner)[name]


# Straight from the slots: a metaclass may have attributes of these names.
namespace_of: Any = type.__dict__["__dict__"].__get__
"""Returns the ``__dict__`` of a class."""
module_globals: Any = vars(ModuleType)["__dict__"].__get__
"""Returns the ``__dict__`` of a module."""


def owner_of_name(cls: type, name: str) -> type | None:
    """Return the class along the MRO that has ``name``."""
    # A class has no MRO while its metaclass is making it.
    for base in mro(cls) or ():
        if name in namespace_of(base):
            return base
    return None


def _has(found: object, special: str) -> bool:
    return lookup(type(found), special) is not MISSING


def known_shape(cls: type, name: str) -> str:
    """Classify attribute ``name`` of instances of ``cls``, or say what is remembered."""
    try:
        return SHAPES[id(cls)][name]
    except KeyError:
        return shape_of(cls, name)


def shape_of(cls: type, name: str) -> str:
    """Classify attribute ``name`` of instances of ``cls`` and remember the answer."""
    return remember_name(SHAPES, cls, name, _classify(cls, name))


def _classify(cls: type, name: str) -> str:
    if issubclass(cls, threading.local):
        LOCALS[id(cls)] = cls
    if issubclass(cls, ModuleType):
        return MODULE
    if is_one_of(cls, (TracebackType, FrameType)):
        return CODE  # not the program's data; and to hold one would hold all that its frames do
    if issubclass(cls, (threading.local, EnumMeta)) or name in ("__class__", "__dict__", "__doc__"):
        return CODE
    found = lookup(cls, name)
    if issubclass(cls, type):
        # What a metaclass defines counts before what is in the class only if it can be set.
        return CODE if found is not MISSING and _has(found, "__set__") else CLASS
    if found is MISSING:
        return BESIDE if is_container_in_c(cls) else DATA
    if type(found) is MemberDescriptorType:
        return DATA
    return _shape_of_code(cls, name, found) if _has(found, "__get__") else DEFAULT


def is_container_in_c(cls: type) -> bool:
    """Whether instances are lists, dicts or the like, whatever the class adds to them."""
    known = _IN_C.get(id(cls))
    return remember(_IN_C, cls, is_derived(cls, _CONTAINERS_IN_C)) if known is None else known


def _shape_of_code(cls: type, name: str, descriptor: object) -> str:
    owner = owner_of_name(cls, name)
    is_out_of_sight = owner is not None and is_use(owner, name)
    if _has(descriptor, "__set__"):
        return DATA if is_out_of_sight or is_foreign(type(descriptor)) else CODE
    if is_out_of_sight:
        return METHOD
    return CODE if id(type(descriptor)) in _METHODS else LAZY


def read_from(obj: Any, name: str, shape: str) -> Any:
    """Return what holds ``obj.name``, of another shape than ``DATA``; None: nothing shared."""
    if shape is BESIDE:
        return _beside(obj)
    if shape is DEFAULT:
        return _holder_of_default(obj, name)
    if shape is CLASS:
        owner = owner_of_name(obj, name)
        return None if owner is None or _has(namespace_of(owner)[name], "__get__") else owner
    if shape is MODULE:
        namespace = module_globals(obj)
        return namespace if _is_shared_global(namespace, name) else None
    return obj if shape is LAZY and attributes_of(obj) is not None else None


def written_to(obj: Any, name: str, shape: str) -> Any:
    """Return what a store to ``obj.name``, not ``DATA``, changes; None: nothing shared."""
    if shape is CLASS:
        note_store_in_class(name, _file_of(obj), class_name(obj))
        return obj
    if shape is MODULE:
        namespace = module_globals(obj)
        STORED_IN_MODULES.add((_name_of(namespace), name))
        return namespace
    if shape is BESIDE:
        return _beside(obj)
    if shape in (CODE, METHOD, LAZY):
        # A descriptor's code is seen while it runs; anything else is hidden by the instance from
        # now on.
        found = lookup(type(obj), name)
        is_hidden = found is not MISSING and not _has(found, "__set__")
        return obj if is_hidden and not issubclass(type(obj), threading.local) else None
    return _beside(obj)


def _beside(obj: Any) -> Any:
    """Return what holds the attributes of an instance: of a container it is not what has items."""
    attributes = attributes_of(obj) if is_container_in_c(type(obj)) else None
    return obj if attributes is None else attributes


def held(obj: Any, name: str, default: object = None) -> Any:
    """Return what the instance has as attribute ``name``, ``default`` if there is nothing."""
    found = lookup(type(obj), name)
    if type(found) is MemberDescriptorType:
        try:
            return found.__get__(obj, type(obj))
        except AttributeError:
            return default
    attributes = attributes_of(obj)
    return default if attributes is None else attributes.get(name, default)


def attributes_of(obj: Any) -> dict[str, Any] | None:
    """Return the ``__dict__`` of an instance; None if it has none, or one of its own making."""
    found = namespace_getter(type(obj))
    return None if found is None else found(obj)


def namespace_getter(cls: type) -> Callable[[Any], dict[str, Any]] | None:
    """Return what gives the ``__dict__`` of instances of ``cls``; None as for ``attributes_of``."""
    found = lookup(cls, "__dict__")
    is_of_c = is_one_of(type(found), (GetSetDescriptorType, MemberDescriptorType))
    return found.__get__ if is_of_c else None


def _is_shared_global(namespace: dict[str, Any], name: str) -> bool:
    """Whether ``name`` is data of a module under test, or rebound in whatever module by it."""
    module = _name_of(namespace)
    if module not in INSTRUMENTED_MODULES:
        return (module, name) in STORED_IN_MODULES
    kinds = (FunctionType, BuiltinFunctionType, ModuleType, type)
    return not issubclass(type(namespace.get(name)), kinds)


def _name_of(namespace: dict[str, Any]) -> str:
    name = namespace.get("__name__")
    return name if type(name) is str else ""


def _holder_of_default(obj: Any, name: str) -> Any:
    """Return the class only if the program rebinds it there, else the instance."""
    stored = STORED_IN_CLASS.get(name)
    if stored is None:
        return _beside(obj)
    owner = owner_of_name(type(obj), name)
    if owner is None or (_file_of(owner), class_name(owner)) not in stored:
        return _beside(obj)
    return _beside(obj) if _is_in_instance(obj, name) else owner


def _is_in_instance(obj: Any, name: str) -> bool:
    attributes = attributes_of(obj)
    return attributes is not None and name in attributes


def note_store_in_class(name: str, file: str, cls: str) -> None:
    """Remember that the program rebinds attribute ``name`` in such a class."""
    STORED_IN_CLASS.setdefault(name, set()).add((file, cls))


def _file_of(cls: type) -> str:
    module = sys.modules.get(namespace_of(cls).get("__module__"))
    is_one = issubclass(type(module), ModuleType)
    return str(module_globals(module).get("__file__")) if is_one else ""
