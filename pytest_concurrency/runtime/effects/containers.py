"""Containers and primitives, judged by type: what their items are, what their methods do.

Nothing here runs code of the program under test, as in ``shapes``.
"""

from __future__ import annotations

import array
import queue
import threading
from collections import ChainMap, Counter, OrderedDict, UserDict, UserList, defaultdict, deque
from collections.abc import Iterable, MutableMapping, MutableSequence, MutableSet
from concurrent.futures import Executor, Future
from pathlib import PurePath
from types import FunctionType
from typing import Final

from pytest_concurrency.runtime.effects import files
from pytest_concurrency.runtime.effects.foreign import (
    is_derived,
    is_foreign,
    is_instrumented,
)
from pytest_concurrency.runtime.effects.memory import memory, remember, remember_name
from pytest_concurrency.runtime.effects.shapes import (
    METHOD,
    MISSING,
    is_container_in_c,
    lookup,
    owner_of_name,
    shape_of,
)
from pytest_concurrency.runtime.trace.operations import USE

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

METHODS: dict[int, dict[str, str | None]] = memory()
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

CONTAINER_KINDS: dict[int, str] = memory()


def container_kind(cls: type) -> str:
    """Classify ``cls`` by what its items are, and remember the answer.

    ``NO_CONTAINER`` is also what has an instrumented ``__getitem__``: there, items are seen inside
    that method.
    """
    return remember(CONTAINER_KINDS, cls, _container_kind(cls))


KINDS_AS_WHOLE: dict[int, str] = memory()
_KINDS_WRITTEN: dict[int, dict[str, str]] = memory()
_OF_ALL: Final = ("__iter__", "__len__", "__contains__")


def kind_as_whole(cls: type) -> str:
    """The same for who goes through it, or asks what is in it: a class that is asked for items by a
    method of its own may leave that to a container in C.
    """
    found = KINDS_AS_WHOLE.get(id(cls))
    if found is not None:
        return found
    return remember(KINDS_AS_WHOLE, cls, container_kind(cls) or _inherited_kind(cls, _OF_ALL))


def kind_written(cls: type, special: str) -> str:
    """The same for who stores (``__setitem__``) or deletes (``__delitem__``) an item."""
    try:
        return _KINDS_WRITTEN[id(cls)][special]
    except KeyError:
        kind = container_kind(cls) or _inherited_kind(cls, (special,))
        return remember_name(_KINDS_WRITTEN, cls, special, kind)


def _inherited_kind(cls: type, methods: Iterable[str]) -> str:
    """Classify a container in C whose class defines none of these itself."""
    if not is_container_in_c(cls) or any(is_instrumented(lookup(cls, name)) for name in methods):
        return NO_CONTAINER
    return kind_by_bases(cls)


PLAIN: dict[int, bool] = memory()
_LIBRARY: Final = frozenset({"collections", "collections.abc", "_collections_abc", "weakref", "os"})
"""Modules whose Python code does not mind by whom it is called."""


def is_plain(cls: type) -> bool:
    """Whether ``cls`` is a container that a loop goes through without the program's code."""
    found = PLAIN.get(id(cls))
    return remember(PLAIN, cls, _is_plain(cls)) if found is None else found


def _is_plain(cls: type) -> bool:
    loop = lookup(cls, "__iter__")
    if type(loop) is FunctionType:
        return loop.__module__ in _LIBRARY and bool(kind_as_whole(cls))
    return loop is not MISSING and bool(kind_as_whole(cls))


def _container_kind(cls: type) -> str:
    return NO_CONTAINER if is_instrumented(lookup(cls, "__getitem__")) else kind_by_bases(cls)


_KINDS_BY_BASES: dict[int, str] = memory()


def kind_by_bases(cls: type) -> str:
    """Classify ``cls`` by what it is derived from, whatever it defines itself."""
    found = _KINDS_BY_BASES.get(id(cls))
    return remember(_KINDS_BY_BASES, cls, _kind_by_bases(cls)) if found is None else found


def _kind_by_bases(cls: type) -> str:
    if is_derived(cls, (dict, UserDict, ChainMap, MutableMapping)):
        return MAPPING
    if is_derived(cls, (set, MutableSet)):
        return UNORDERED
    if is_derived(cls, CONTAINERS):
        return SEQUENCE
    owner = owner_of_name(cls, "__setitem__")
    return OPAQUE if owner is not None and is_foreign(owner) else NO_CONTAINER


def method_kind(cls: type, name: str) -> str | None:
    """Return ``read``, ``write``, ``call`` (synchronisation), ``file``, ``use`` or None."""
    try:
        return METHODS[id(cls)][name]
    except KeyError:
        return remember_name(METHODS, cls, name, _method_kind(cls, name))


def _method_kind(cls: type, name: str) -> str | None:
    if name in _PRIMITIVE_METHODS and issubclass(cls, _PRIMITIVES):
        return "call"
    if name in files.METHODS and issubclass(cls, PurePath):
        return FILE
    kind = kind_in_base(cls, name)
    if kind is not None:
        return None if is_instrumented(lookup(cls, name)) else kind
    return USE if shape_of(cls, name) is METHOD else None


_METHODS_IN_BASES: dict[int, dict[str, str | None]] = memory()


def kind_in_base(cls: type, name: str) -> str | None:
    """Return ``read`` or ``write`` for what the method ``name`` of a container does that ``cls`` is
    derived from; None if there is none."""
    try:
        return _METHODS_IN_BASES[id(cls)][name]
    except KeyError:
        return remember_name(_METHODS_IN_BASES, cls, name, _kind_in_base(cls, name))


def _kind_in_base(cls: type, name: str) -> str | None:
    for base, table in CONTAINERS.items():
        if is_derived(cls, (base,)) and (base not in _ABSTRACT or container_kind(cls)):
            for kind, names in table.items():
                if name in names.split():
                    return kind
    return None
