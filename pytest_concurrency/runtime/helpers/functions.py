"""What functions do to what they are given, and to what the whole process shares.

Those of the standard library are not seen inside. They are known by name: a function has the effect
that is told here if it is what its module holds under that name, replaced or not.
"""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import (
    BuiltinFunctionType,
    FunctionType,
    MethodType,
    ModuleType,
    WrapperDescriptorType,
)
from typing import Any, Final

from pytest_concurrency.runtime.effects import containers, shapes
from pytest_concurrency.runtime.effects.foreign import CURRENT_FOLDER, Shared
from pytest_concurrency.runtime.effects.memory import ids_of
from pytest_concurrency.runtime.effects.namespaces import owner_of
from pytest_concurrency.runtime.helpers import access, methods
from pytest_concurrency.runtime.helpers.access import touch
from pytest_concurrency.runtime.helpers.marks import note_written_back
from pytest_concurrency.runtime.scheduler.baton import baton as _b
from pytest_concurrency.runtime.system.disguise import StandIn
from pytest_concurrency.runtime.trace.operations import USE
from pytest_concurrency.runtime.trace.resource import FILE, WHOLE

Arguments = tuple[Any, ...]
Effect = Callable[[int, Arguments], None]

HEAP_TYPE: Final = 1 << 9
"""The flag of classes that are made while programs run."""

# -- attributes and items --------------------------------------------------------------------


def touch_attribute(site: int, obj: Any, name: object, op: str) -> None:
    """Pass the point before an access to attribute ``name`` of ``obj``."""
    if type(name) is not str:
        return
    shape = shapes.known_shape(type(obj), name)
    target = obj
    if shape is not shapes.DATA:
        look = shapes.read_from if op == "read" else shapes.written_to
        target = look(obj, name, shape)
    if target is not None:
        touch(site, target, obj, name, name, op)


def _attribute(op: str) -> Effect:
    def effect(site: int, args: Arguments) -> None:
        if len(args) > 1:
            touch_attribute(site, args[0], args[1], op)

    return effect


def _item(op: str) -> Effect:
    def effect(site: int, args: Arguments) -> None:
        if len(args) > 1 and access.kind_of(args[0]):
            place = access.place_of(args[0], args[1])
            target = owner_of(args[0])
            touch(site, target, target, args[1], place, op)

    return effect


READS_ITEM: Final = _item("read")


def _contains(site: int, args: Arguments) -> None:
    kind = access.kind_of(args[0]) if len(args) > 1 else containers.NO_CONTAINER
    if kind:
        target = owner_of(args[0])
        key = args[1] if kind is containers.MAPPING else WHOLE
        place = access.place_of(args[0], key) if kind is containers.MAPPING else WHOLE
        touch(site, target, target, key, place, "read")


# -- containers, and other objects as a whole ---------------------------------------------------


def _whole(op: str, position: int = 0) -> Effect:
    def effect(site: int, args: Arguments) -> None:
        if len(args) > position and access.kind_of(args[position]):
            target = owner_of(args[position])
            touch(site, target, target, WHOLE, WHOLE, op)

    return effect


def _looks(site: int, args: Arguments) -> None:
    """Look at all of each argument: a container, or the attributes of an object."""
    for each in args:
        is_object = type(each).__flags__ & HEAP_TYPE and not issubclass(type(each), type)
        if is_object or access.kind_of(each):
            target = owner_of(each)
            touch(site, target, target, WHOLE, WHOLE, "read")


def goes_through(site: int, args: Arguments) -> None:
    """Look at all of each argument that is a container."""
    for each in args:
        if access.kind_of(each):
            target = owner_of(each)
            touch(site, target, target, WHOLE, WHOLE, "read")


def _advances(site: int, args: Arguments) -> None:
    if args and type(shapes.lookup(type(args[0]), "__next__")) is WrapperDescriptorType:
        touch(site, args[0], args[0], WHOLE, WHOLE, "write")


WRITTEN_BACK: Final[dict[int, int]] = {}
"""For ``obj.x += value`` and its like: by the site of the addition, that of the store."""


_CONTAINERS = ids_of(containers.CONTAINERS)


def _grows(site: int, args: Arguments) -> None:
    if args and access.kind_of(args[0]):
        _whole("write")(site, args)
        # What a class of the program's own does in place is its own affair.
        if site in WRITTEN_BACK and id(type(args[0])) in _CONTAINERS and _b.holder():
            note_written_back(WRITTEN_BACK[site])


def grown(obj: Any, site: int) -> Any:
    """Precede ``obj += value`` where ``value`` is no container."""
    if _b.current is not None and id(type(obj)) not in shapes.PLAIN_KEYS:
        _grows(site, (obj,))
    return obj


# -- what the process shares ----------------------------------------------------------------


def _environment(site: int, args: Arguments) -> None:
    READS_ITEM(site, (os.environ, *args))


def _descriptor(site: int, args: Arguments) -> None:
    """Use the file that a descriptor is of: its number is another one in each execution."""
    if not (args and type(args[0]) is int):
        return
    behind = f"descriptor {args[0]}"
    with suppress(OSError):
        behind = str(Path(f"/proc/self/fd/{args[0]}").readlink())
    if behind.startswith("/"):
        methods.touch_files(site, ((behind, USE),))
        return
    number = _b.record.number_of_file(behind)
    shown = f"descriptor of a {behind.partition(':')[0]}" if ":" in behind else "descriptor"
    touch(site, FILE, shown, shown, number, USE)


ITS_LOCK: Final = " (its lock)"
"""What the name of a file's lock ends with."""


def _locked_file(site: int, args: Arguments) -> None:
    number = args[0] if args else None
    with suppress(OSError, ValueError):
        if number is not None and type(number).__module__ == "_io":
            number = number.fileno()
        if type(number) is int:
            path = Path(f"/proc/self/fd/{number}").readlink()
            methods.touch_files(site, ((f"{path}{ITS_LOCK}", USE),))


def _shared(what: Shared, op: str = USE) -> Effect:
    def effect(site: int, args: Arguments) -> None:
        touch(site, what, what, WHOLE, WHOLE, op)

    return effect


def _jitter(site: int, args: Arguments) -> None:
    """Draw by how much something differs, the time for which it is kept say. Where the clock stands
    still, so does chance: two that come at one time get one number.
    """
    _READS_CHANCE(site, args)
    if _b.clock.stands_still and _b.holder() is not None:
        random.seed(0)


_CHANCE, _LOCALE, _RECURSION, _SOCKETS, _UMASK = (Shared() for _ in range(5))
_READS_CHANCE: Final = _shared(_CHANCE, "read")


# -- the table ------------------------------------------------------------------------------------


def _each(effect: Effect, names: str) -> dict[str, Effect]:
    return dict.fromkeys(names.split(), effect)


_BISECTING = "{0} {0}_left {0}_right"
_FUNCTIONS: Final[dict[str, dict[str, Effect]]] = {
    "builtins": {
        **_each(_attribute("read"), "getattr hasattr"),
        **_each(_attribute("write"), "setattr delattr"),
        "next": _advances,
    },
    "array": _each(goes_through, "array"),
    "bisect": {
        **_each(_whole("write"), _BISECTING.format("insort")),
        **_each(_whole("read"), _BISECTING.format("bisect")),
    },
    "collections": _each(goes_through, "Counter OrderedDict UserDict UserList defaultdict deque"),
    "copy": _each(_looks, "copy deepcopy replace"),
    "dataclasses": _each(_looks, "asdict astuple replace"),
    "fcntl": _each(_locked_file, "flock lockf"),
    "functools": _each(_looks, "reduce"),
    "heapq": {
        **_each(_whole("write"), "heapify heappop heappush heappushpop heapreplace"),
        **_each(_looks, "merge nlargest nsmallest"),
    },
    "itertools": {
        **_each(
            goes_through, "accumulate chain combinations combinations_with_replacement compress"
        ),
        **_each(
            goes_through, "batched cycle dropwhile filterfalse groupby islice pairwise product"
        ),
        **_each(goes_through, "permutations starmap takewhile tee zip_longest"),
    },
    "json": _each(_looks, "dump dumps"),
    "locale": _each(_shared(_LOCALE), "setlocale getlocale localeconv"),
    "marshal": _each(_looks, "dump dumps"),
    "math": _each(_looks, "fsum prod"),
    "operator": {
        "getitem": READS_ITEM,
        "contains": _contains,
        **_each(_item("write"), "setitem delitem"),
        **_each(_whole("read"), "length_hint countOf indexOf truth not_"),
        **_each(goes_through, "add and_ concat eq ge gt le lt mul ne or_ sub xor"),
        **_each(_grows, "iadd iand iconcat imul ior isub ixor"),
    },
    "os": {
        "getenv": _environment,
        **_each(_shared(CURRENT_FOLDER), "chdir getcwd"),
        **_each(_descriptor, "close fsync ftruncate lseek pread pwrite read write"),
        "umask": _shared(_UMASK),
    },
    "pickle": _each(_looks, "dump dumps"),
    "pprint": _each(_looks, "pformat pprint"),
    "random": {
        **_each(_shared(_CHANCE, "write"), "seed setstate"),
        **_each(_READS_CHANCE, "getstate getrandbits randbytes randint randrange"),
        **_each(_READS_CHANCE, "choice choices sample shuffle"),
        **_each(_jitter, "random uniform gauss"),
    },
    "socket": _each(_shared(_SOCKETS), "setdefaulttimeout getdefaulttimeout"),
    "statistics": _each(_looks, "fmean mean median mode pstdev stdev variance"),
    "struct": {
        "pack_into": _whole("write", 1),
        "unpack_from": _whole("read", 1),
    },
    "sys": _each(_shared(_RECURSION), "setrecursionlimit getrecursionlimit"),
}
"""By module and name."""
_BY_NAME: Final[dict[str, dict[str, Effect]]] = {}
for _module, _functions in _FUNCTIONS.items():
    for _name, _effect in _functions.items():
        _BY_NAME.setdefault(_name, {})[_module] = _effect
NAMED_ALIKE: Final = frozenset(
    name
    for module in ("array", "collections", "itertools", "operator")
    for name in _FUNCTIONS[module]
)
"""Programs have functions and classes of such names, too: only what a file imports is meant."""
MODULES_OF: Final = {name: frozenset(found) for name, found in _BY_NAME.items()}
"""The modules that have a function of that name that touches something."""
_OF_THE_PROCESS: Final = frozenset({"fcntl", "locale", "os", "random", "socket", "sys"})
_BY_SECOND: Final = frozenset({"nlargest", "nsmallest", "pack_into", "reduce", "unpack_from"})


def touched_argument(name: str, module: str = "") -> int | None:
    """Return which argument it is that a function so named touches; None: something that the whole
    process shares. Of one that is called by its name alone, the module need not be known.
    """
    if _OF_THE_PROCESS.intersection((module,) if module else MODULES_OF[name]):
        return None
    return int(name in _BY_SECOND)


_THROUGH: Final[list[Callable[..., Any]]] = [
    *(all, any, ascii, bytearray, bytes, dict, enumerate, filter, format, frozenset, iter, len),
    *(list, map, max, min, repr, reversed, set, sorted, str, sum, tuple, zip),
]
GOING_THROUGH: Final = frozenset(map(id, _THROUGH))
"""Built-in functions that go through what they are given, for calls that do not name them."""
SLOT_EFFECTS: Final = {
    "__getattribute__": _attribute("read"),
    **_each(_attribute("write"), "__setattr__ __delattr__"),
}
"""Methods that classes call on ``object`` or ``super()`` within their own of the same name."""


def effect_of(function: Any) -> Effect | None:
    """Return what calling ``function`` touches; None if it is none of those known."""
    if type(function) is WrapperDescriptorType:
        known = SLOT_EFFECTS.get(function.__name__)
        return known if known and function.__objclass__ in (object, type) else None
    if id(function) in GOING_THROUGH:
        return goes_through
    own_name = _name_of(function)
    for name, effect in _BY_NAME.get(own_name, {}).items():
        module = sys.modules.get(name)
        if type(module) is ModuleType and vars(module).get(own_name) is function:
            return effect
    return None


_NAMED = ids_of([BuiltinFunctionType, FunctionType, StandIn, type])


def _name_of(function: Any) -> str:
    """Return the name of a function or bound method; empty if it is something else."""
    if type(function) is MethodType:
        function = function.__func__
    is_one = id(type(function)) in _NAMED
    return str(function.__name__) if is_one else ""
