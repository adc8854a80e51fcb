"""What an attribute or method access touches, judged by type and name only, and remembered.

Nothing here runs code of the program under test: classes are looked at through their ``__dict__``.
"""

from __future__ import annotations

import array
import queue
import sys
import threading
from collections import ChainMap, Counter, OrderedDict, UserDict, UserList, defaultdict, deque
from collections.abc import Callable, MutableMapping, MutableSequence, MutableSet
from concurrent.futures import Executor, Future
from enum import EnumMeta
from pathlib import PurePath
from types import (
    BuiltinFunctionType,
    FunctionType,
    GetSetDescriptorType,
    MemberDescriptorType,
    ModuleType,
)
from typing import Any, Final, TypeVar

from pytest_concurrency.runtime import files
from pytest_concurrency.runtime.foreign import (
    INSTRUMENTED_MODULES,
    USE,
    is_foreign,
    is_instrumented,
    is_use,
)

DATA: Final = "data"
"""An attribute kept in the instance (``__dict__`` or slot), or by a descriptor whose code is not
seen."""
CODE: Final = "code"
"""A method, a property, a descriptor: touching it touches nothing shared, running it may."""
METHOD: Final = "method"
"""A method whose code is not seen: calling it is a use of the object."""
LAZY: Final = "lazy"
"""Kept in the instance once it is there; until then a descriptor makes it."""
DEFAULT: Final = "default"
"""Plain data in the class, which an instance attribute may hide."""
MODULE: Final = "module"
CLASS: Final = "class"

DECIDES: Final = "decides"
"""Name of sites that ask for a container's truth value or equality: what is done next depends on
it, rather than what is written."""

SHAPES: dict[tuple[type, str], str] = {}
STORED_IN_CLASS: dict[str, set[tuple[str, str]]] = {}
"""Names of attributes that the program rebinds in a class, ``Counter.total = 0``, with the file and
the name of each such class: it may be made anew, in each execution even."""

_METHODS: Final = frozenset(
    [FunctionType, BuiltinFunctionType, classmethod, staticmethod]
    + [type(of_c) for of_c in (list.append, list.__len__, vars(dict)["fromkeys"])]
)
"""What a method is in its class."""
_MOST = 20_000
"""Answers that are remembered before all are forgotten."""
_Key = TypeVar("_Key")
_Value = TypeVar("_Value")

LOCALS: set[type] = set()
"""Types of thread locals that the program uses."""

PLAIN_KEYS: Final = frozenset({str, int, bytes, bool, float, type(None)})

MISSING: Final = object()


def lookup(cls: type, name: str) -> Any:
    """Find ``name`` along the MRO without binding or calling anything; ``MISSING`` if absent."""
    owner = _owner(cls, name)
    return MISSING if owner is None else _namespace(owner)[name]


# Straight from the slots: a metaclass may have attributes of these names.
_namespace: Any = type.__dict__["__dict__"].__get__
_mro: Callable[[type], tuple[type, ...] | None] = type.__dict__["__mro__"].__get__
_class_name: Callable[[type], str] = type.__dict__["__name__"].__get__
_module_globals: Any = vars(ModuleType)["__dict__"].__get__


def _owner(cls: type, name: str) -> type | None:
    # A class has no MRO while its metaclass is making it.
    for base in _mro(cls) or ():
        if name in _namespace(base):
            return base
    return None


def note_instrumented(module: str) -> None:
    """Take note that the functions of a module are instrumented from now on."""
    if module not in INSTRUMENTED_MODULES:
        INSTRUMENTED_MODULES.add(module)
        for memory in (SHAPES, METHODS, CONTAINER_KINDS, PLAIN):
            memory.clear()


def _has(found: object, special: str) -> bool:
    return lookup(type(found), special) is not MISSING


def shape_of(cls: type, name: str) -> str:
    """Classify attribute ``name`` of instances of ``cls`` and remember the answer."""
    return _remembered(SHAPES, (cls, name), _classify(cls, name))


def _remembered(memory: dict[_Key, _Value], key: _Key, value: _Value) -> _Value:
    # Not for ever: classes that are made while the program runs would never go away.
    if len(memory) >= _MOST:
        memory.clear()
    memory[key] = value
    return value


def _classify(cls: type, name: str) -> str:
    if issubclass(cls, threading.local):
        LOCALS.add(cls)
    if issubclass(cls, ModuleType):
        return MODULE
    if issubclass(cls, (threading.local, EnumMeta)) or name in ("__class__", "__dict__", "__doc__"):
        return CODE
    found = lookup(cls, name)
    if issubclass(cls, type):
        # What a metaclass defines counts before what is in the class only if it can be set.
        return CODE if found is not MISSING and _has(found, "__set__") else CLASS
    if found is MISSING or type(found) is MemberDescriptorType:
        return DATA
    return _shape_of_code(cls, name, found) if _has(found, "__get__") else DEFAULT


def _shape_of_code(cls: type, name: str, descriptor: object) -> str:
    owner = _owner(cls, name)
    is_out_of_sight = owner is not None and is_use(owner, name)
    if _has(descriptor, "__set__"):
        return DATA if is_out_of_sight or is_foreign(type(descriptor)) else CODE
    if is_out_of_sight:
        return METHOD
    return CODE if type(descriptor) in _METHODS else LAZY


def read_from(obj: Any, name: str, shape: str) -> Any:
    """Return what holds ``obj.name``, of another shape than ``DATA``; None: nothing shared."""
    if shape is DEFAULT:
        return _holder_of_default(obj, name)
    if shape is CLASS:
        owner = _owner(obj, name)
        return None if owner is None or _has(_namespace(owner)[name], "__get__") else owner
    if shape is MODULE:
        namespace = _module_globals(obj)
        return namespace if _is_shared_global(namespace, name) else None
    return obj if shape is LAZY and _is_in_instance(obj, name) else None


def written_to(obj: Any, name: str, shape: str) -> Any:
    """Return what a store to ``obj.name``, not ``DATA``, changes; None: nothing shared."""
    if shape is CLASS:
        note_store_in_class(name, _file_of(obj), _class_name(obj))
        return obj
    if shape is MODULE:
        return _module_globals(obj)
    if shape in (CODE, METHOD, LAZY):
        # A descriptor's code is seen while it runs; anything else is hidden by the instance from
        # now on.
        found = lookup(type(obj), name)
        is_hidden = found is not MISSING and not _has(found, "__set__")
        return obj if is_hidden and not issubclass(type(obj), threading.local) else None
    return obj


def held(obj: Any, name: str) -> Any:
    """Return what is in attribute ``name``, of shape ``DATA``; None if there is nothing."""
    found = lookup(type(obj), name)
    try:
        if type(found) is MemberDescriptorType:
            return found.__get__(obj, type(obj))
        return object.__getattribute__(obj, "__dict__").get(name)
    except AttributeError:
        return None


def _is_shared_global(namespace: dict[str, Any], name: str) -> bool:
    """Whether ``name`` is data of a module under test."""
    if namespace.get("__name__") not in INSTRUMENTED_MODULES:
        return False
    kinds = (FunctionType, BuiltinFunctionType, ModuleType, type)
    return not issubclass(type(namespace.get(name)), kinds)


def _holder_of_default(obj: Any, name: str) -> Any:
    """Return the class only if the program rebinds it there, else the instance."""
    stored = STORED_IN_CLASS.get(name)
    if stored is None:
        return obj
    owner = _owner(type(obj), name)
    if owner is None or (_file_of(owner), _class_name(owner)) not in stored:
        return obj
    return obj if _is_in_instance(obj, name) else owner


def _is_in_instance(obj: Any, name: str) -> bool:
    attributes = lookup(type(obj), "__dict__")
    return type(attributes) is GetSetDescriptorType and name in attributes.__get__(obj)


def note_store_in_class(name: str, file: str, cls: str) -> None:
    """Remember that the program rebinds attribute ``name`` in such a class."""
    STORED_IN_CLASS.setdefault(name, set()).add((file, cls))


def _file_of(cls: type) -> str:
    module = sys.modules.get(_namespace(cls).get("__module__"))
    is_one = issubclass(type(module), ModuleType)
    return str(_module_globals(module).get("__file__")) if is_one else ""


# -- methods -------------------------------------------------------------------------

_LIST: Final = {
    "read": "copy count index __len__ __contains__ __iter__ __getitem__",
    "write": "append clear extend insert pop remove reverse sort __setitem__ __delitem__ __iadd__",
}
_DICT: Final = {
    "read": "copy get items keys values __len__ __contains__ __iter__ __getitem__ most_common "
    "elements total",
    "write": "clear pop popitem setdefault update __setitem__ __delitem__ __ior__ move_to_end "
    "subtract",
}
_SET: Final = {
    "read": "copy difference intersection isdisjoint issubset issuperset symmetric_difference "
    "union __len__ __contains__ __iter__",
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
    UserDict: _DICT,
    ChainMap: _DICT,
    UserList: _LIST,
    MutableMapping: _DICT,
    MutableSequence: _LIST,
    MutableSet: _SET,
}
_ABSTRACT: Final = frozenset({MutableMapping, MutableSequence, MutableSet})
"""What these do is done by the methods that a class defines itself: seen there, if anywhere."""
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
FILE: Final = "file"
"""The kind of methods that touch a file; which, and how, ``files`` tells."""

METHODS: dict[tuple[type, str], str | None] = {}
CONTAINER_METHODS: Final = frozenset(
    name for table in CONTAINERS.values() for names in table.values() for name in names.split()
)
METHOD_NAMES: Final = CONTAINER_METHODS | _PRIMITIVE_METHODS | frozenset(files.METHODS)
"""Every method name that ``method_kind`` may know: other calls need not ask."""

MAPPING: Final = "mapping"
SEQUENCE: Final = "sequence"
UNORDERED: Final = "unordered"
OPAQUE: Final = "opaque"
"""Something else that has items, and code that is not seen: an array, say."""
NO_CONTAINER: Final = ""

CONTAINER_KINDS: dict[type, str] = {}


def container_kind(cls: type) -> str:
    """Classify ``cls`` by what its items are, and remember the answer.

    ``NO_CONTAINER`` is also what has an instrumented ``__getitem__``: there, items are seen inside
    that method.
    """
    return _remembered(CONTAINER_KINDS, cls, _container_kind(cls))


PLAIN: dict[type, bool] = {}


def is_plain(cls: type) -> bool:
    """Whether ``cls`` is a container that a loop goes through without Python code."""
    found = PLAIN.get(cls)
    return _remembered(PLAIN, cls, _is_plain(cls)) if found is None else found


def _is_plain(cls: type) -> bool:
    loop = lookup(cls, "__iter__")
    return bool(container_kind(cls)) and loop is not MISSING and not is_instrumented(loop)


def _container_kind(cls: type) -> str:
    return NO_CONTAINER if is_instrumented(lookup(cls, "__getitem__")) else kind_by_bases(cls)


def kind_by_bases(cls: type) -> str:
    """Classify ``cls`` by what it is derived from, whatever it defines itself."""
    bases = _mro(cls) or ()
    if issubclass(cls, dict) or not {UserDict, ChainMap, MutableMapping}.isdisjoint(bases):
        return MAPPING
    if issubclass(cls, set) or MutableSet in bases:
        return UNORDERED
    if issubclass(cls, tuple(CONTAINERS)) or MutableSequence in bases:
        return SEQUENCE
    owner = _owner(cls, "__setitem__")
    return OPAQUE if owner is not None and is_foreign(owner) else NO_CONTAINER


_EXACT: Final[dict[type, Any]] = {
    str: str.__str__,
    int: int.__int__,
    bytes: bytes.__bytes__,
    float: float.__float__,
}
"""What gives the built-in value inside an instance of a subclass."""


def plain_value(key: Any) -> Any:
    """Return the built-in value that ``key`` equals, None if it is not known to equal any."""
    cls = type(key)
    for base in _EXACT:
        if issubclass(cls, base):
            same = all(lookup(cls, name) is base.__dict__[name] for name in ("__eq__", "__hash__"))
            return _EXACT[base](key) if same else None
    return None


def method_kind(cls: type, name: str) -> str | None:
    """Return ``read``, ``write``, ``call`` (synchronisation), ``file``, ``use`` or None."""
    try:
        return METHODS[(cls, name)]
    except KeyError:
        return _remembered(METHODS, (cls, name), _method_kind(cls, name))


def _method_kind(cls: type, name: str) -> str | None:
    if name in _PRIMITIVE_METHODS and issubclass(cls, _PRIMITIVES):
        return "call"
    if name in files.METHODS and issubclass(cls, PurePath):
        return FILE
    kind = kind_in_base(cls, name)
    if kind is not None:
        return None if is_instrumented(lookup(cls, name)) else kind
    return USE if shape_of(cls, name) is METHOD else None


def kind_in_base(cls: type, name: str) -> str | None:
    """Return ``read`` or ``write`` for what the method ``name`` of a container does that ``cls`` is
    derived from; None if there is none."""
    bases = _mro(cls) or ()
    for base, table in CONTAINERS.items():
        if base in bases and (base not in _ABSTRACT or container_kind(cls)):
            for kind, names in table.items():
                if name in names.split():
                    return kind
    return None
