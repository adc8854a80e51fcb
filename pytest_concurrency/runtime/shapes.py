"""What an attribute or method access touches, judged by type and name only, and remembered.

Nothing here runs code of the program under test: classes are looked at through their ``__dict__``.
"""

from __future__ import annotations

import array
import queue
import threading
from collections import Counter, OrderedDict, defaultdict, deque
from concurrent.futures import Executor, Future
from pathlib import PurePath
from types import (
    BuiltinFunctionType,
    FunctionType,
    MemberDescriptorType,
    ModuleType,
)
from typing import Any, Final

DATA: Final = "data"
"""An attribute kept in the instance (``__dict__`` or slot)."""
CODE: Final = "code"
"""A method, a property, a descriptor: touching it touches nothing that is shared, running it may."""
DEFAULT: Final = "default"
"""Plain data in the class, which an instance attribute may hide."""
MODULE: Final = "module"
CLASS: Final = "class"

SHAPES: dict[tuple[type, str], str] = {}
INSTRUMENTED_MODULES: set[str] = set()
"""Names of the modules whose globals count as shared: those that are instrumented."""
STORED_IN_CLASS: set[tuple[type, str]] = set()
"""Class attributes that were seen being rebound through the class."""

PLAIN_KEYS: Final = frozenset({str, int, bytes, bool, float, type(None)})

MISSING: Final = object()


def lookup(cls: type, name: str) -> Any:
    """Find ``name`` along the MRO without binding or calling anything; ``MISSING`` if absent."""
    for base in type.__getattribute__(cls, "__mro__"):
        namespace = type.__getattribute__(base, "__dict__")
        if name in namespace:
            return namespace[name]
    return MISSING


def shape_of(obj: Any, name: str) -> str:
    """Classify ``obj.name`` and remember the answer for the type."""
    cls = type(obj)
    shape = SHAPES[(cls, name)] = _classify(cls, name)
    return shape


def _classify(cls: type, name: str) -> str:
    if cls is ModuleType or issubclass(cls, ModuleType):
        return MODULE
    if issubclass(cls, type):
        return CLASS
    if issubclass(cls, threading.local) or name in ("__class__", "__dict__", "__doc__"):
        return CODE
    found = lookup(cls, name)
    if found is MISSING or type(found) is MemberDescriptorType:
        return DATA
    if hasattr(type(found), "__get__"):
        return CODE
    return DEFAULT


def is_property(cls: type, name: str) -> bool:
    """Whether storing to ``name`` runs a descriptor's code instead of changing the instance."""
    shape = SHAPES.get((cls, name))
    if shape is None:
        shape = SHAPES[(cls, name)] = _classify(cls, name)
    if shape is not CODE:
        return False
    return hasattr(type(lookup(cls, name)), "__set__")


def is_method(cls: type, name: str) -> bool:
    """Whether ``obj.name`` finds code in the class."""
    shape = SHAPES.get((cls, name))
    if shape is None:
        shape = SHAPES[(cls, name)] = _classify(cls, name)
    return shape is CODE


def is_shared_global(module: ModuleType, name: str) -> bool:
    """Whether ``module.name`` is data of a module under test."""
    namespace = module.__dict__
    if namespace.get("__name__") not in INSTRUMENTED_MODULES:
        return False
    value = namespace.get(name)
    return not isinstance(value, (FunctionType, BuiltinFunctionType, ModuleType, type))


def owner_in_class(cls: type, name: str) -> type | None:
    """Return the class along the MRO that holds ``name`` as plain data, else None."""
    for base in type.__getattribute__(cls, "__mro__"):
        namespace = type.__getattribute__(base, "__dict__")
        if name in namespace:
            return None if hasattr(type(namespace[name]), "__get__") else base
    return None


def owner_of_default(obj: Any, name: str) -> Any:
    """Return what holds the value of ``obj.name``: the class only if somebody rebinds it there."""
    cls = type(obj)
    owner = owner_in_class(cls, name)
    if owner is None or (owner, name) not in STORED_IN_CLASS:
        return obj
    try:
        hidden = name in object.__getattribute__(obj, "__dict__")
    except AttributeError:
        hidden = False
    return obj if hidden else owner


# -- methods -------------------------------------------------------------------------

_LIST: Final = {
    "read": "copy count index __len__ __contains__ __iter__ __getitem__",
    "write": "append clear extend insert pop remove reverse sort __setitem__ __delitem__ __iadd__",
}
_DICT: Final = {
    "read": "copy get items keys values __len__ __contains__ __iter__ __getitem__ most_common "
    "elements total",
    "write": "clear pop popitem setdefault update __setitem__ __delitem__ __ior__ move_to_end subtract",
}
_SET: Final = {
    "read": "copy difference intersection isdisjoint issubset issuperset symmetric_difference union "
    "__len__ __contains__ __iter__",
    "write": "add clear difference_update discard intersection_update pop remove "
    "symmetric_difference_update update __ior__ __iand__ __isub__ __ixor__",
}
_DEQUE: Final = {
    "read": "copy count index __len__ __contains__ __iter__ __getitem__",
    "write": "append appendleft clear extend extendleft insert pop popleft remove reverse rotate "
    "__setitem__ __delitem__",
}
CONTAINERS: Final[dict[type, dict[str, str]]] = {
    list: _LIST,
    dict: _DICT,
    OrderedDict: _DICT,
    defaultdict: _DICT,
    Counter: _DICT,
    set: _SET,
    deque: _DEQUE,
    bytearray: _LIST,
    array.array: {**_LIST, "write": _LIST["write"] + " fromlist frombytes fromfile byteswap"},
}
KEYED: Final = frozenset({"get", "setdefault", "pop", "__getitem__", "__setitem__", "__delitem__"})
"""Dict methods whose first argument is the key of the one item that they touch."""

_PRIMITIVES: Final = (
    threading.Condition,
    threading.Semaphore,
    threading.Event,
    threading.Barrier,
    threading.Thread,
    queue.Queue,
    queue.SimpleQueue,
    Future,
    Executor,
)
_PRIMITIVE_METHODS: Final = frozenset(
    [
        "set",
        "clear",
        "is_set",
        "wait",
        "wait_for",
        "notify",
        "notify_all",
        "acquire",
        "release",
        "locked",
        "put",
        "get",
        "put_nowait",
        "get_nowait",
        "task_done",
        "join",
        "qsize",
        "empty",
        "full",
        "shutdown",
        "start",
        "is_alive",
        "submit",
        "map",
        "result",
        "exception",
        "done",
        "cancel",
        "cancelled",
        "running",
        "set_result",
        "set_exception",
        "add_done_callback",
        "reset",
        "abort",
    ]
)
_FILE_METHODS: Final = {
    **dict.fromkeys(("read_text", "read_bytes", "exists", "is_file", "stat"), "file-read"),
    **dict.fromkeys(
        ("write_text", "write_bytes", "unlink", "touch", "rename", "replace"), "file-write"
    ),
}

METHODS: dict[tuple[type, str], str | None] = {}
METHOD_NAMES: Final = (
    frozenset(
        name for table in CONTAINERS.values() for names in table.values() for name in names.split()
    )
    | _PRIMITIVE_METHODS
    | frozenset(_FILE_METHODS)
)
"""Every method name that ``method_kind`` may know: other calls need not ask."""

_is_container: dict[type, bool] = {}


def is_container(cls: type) -> bool:
    """Whether items of ``cls`` are kept by a built-in container (not by its own ``__getitem__``)."""
    known = _is_container.get(cls)
    if known is None:
        known = _is_container[cls] = (
            issubclass(cls, tuple(CONTAINERS))
            and type(lookup(cls, "__getitem__")) is not FunctionType
        )
    return known


def method_kind(cls: type, name: str) -> str | None:
    """Return ``read``, ``write``, ``call`` (synchronisation), ``file-read``, ``file-write`` or None."""
    try:
        return METHODS[(cls, name)]
    except KeyError:
        kind = METHODS[(cls, name)] = _method_kind(cls, name)
        return kind


def _method_kind(cls: type, name: str) -> str | None:
    if name in _PRIMITIVE_METHODS and issubclass(cls, _PRIMITIVES):
        return "call"
    if name in _FILE_METHODS and issubclass(cls, PurePath):
        return _FILE_METHODS[name]
    for base, table in CONTAINERS.items():
        if issubclass(cls, base):
            if type(lookup(cls, name)) is FunctionType and cls.__module__ != "collections":
                return None  # overridden: seen inside
            for kind, names in table.items():
                if name in names.split():
                    return kind
    return None
