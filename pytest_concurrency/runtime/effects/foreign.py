"""Code that is not instrumented: C code, the standard library, packages out of scope.

What it does to an object is not seen. So each call of such a method is one *use* of its object,
which may read and change anything in it; and what a descriptor of that kind keeps is a location of
its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Set
from itertools import repeat
from operator import is_
from types import FunctionType, GeneratorType
from typing import Any, Final

from pytest_concurrency._origins import OWN_PACKAGE, RUNNER
from pytest_concurrency.runtime.effects.memory import forget_classes

INSTRUMENTED_MODULES: set[str] = set()
"""Names of the modules that are instrumented: their globals count as shared, their methods are seen
inside."""

_HARMLESS = RUNNER.union(
    [
        # Values, which nothing changes.
        "_decimal",
        "_pydecimal",
        "_pydatetime",
        "_struct",
        "_zoneinfo",
        "abc",
        "datetime",
        "decimal",
        "enum",
        "fractions",
        "inspect",
        "ipaddress",
        "numbers",
        "pathlib",
        "re",
        "string",
        "struct",
        "types",
        "typing",
        "uuid",
        "zoneinfo",
        # Seen otherwise, or made to be shared.
        "_asyncio",
        "_collections",
        "_contextvars",
        "_functools",
        "_operator",
        "_queue",
        "_thread",
        "asyncio",
        "collections",
        "concurrent",
        "contextlib",
        "contextvars",
        "dataclasses",
        "functools",
        "itertools",
        "logging",
        "operator",
        "queue",
        "threading",
        # The test's own tools, besides those that run it.
        OWN_PACKAGE,
        "hypothesis",
        "unittest.async_case",
        "unittest.case",
    ]
)
"""Packages on whose objects no two threads get in each other's way, or whose methods are known one
by one."""


class Shared:
    """Something that the whole process shares, and that can be had by no name."""

    __slots__ = ("__weakref__",)


CURRENT_FOLDER = Shared()
_OUTPUT, _PATCHES, _TIME, _WARNINGS = Shared(), Shared(), Shared(), Shared()
_MANAGERS = {
    ("contextlib", "chdir"): CURRENT_FOLDER,
    ("contextlib", "redirect_stdout"): _OUTPUT,
    ("contextlib", "redirect_stderr"): _OUTPUT,
    ("freezegun.api", "_freeze_time"): _TIME,
    ("time_machine", "travel"): _TIME,
    ("unittest.mock", "_patch"): _PATCHES,
    ("unittest.mock", "_patch_dict"): _PATCHES,
    ("_py_warnings", "catch_warnings"): _WARNINGS,
    ("warnings", "catch_warnings"): _WARNINGS,
}
"""Context managers that change something of that kind."""


def shared_by(manager: type) -> Shared | None:
    """Return what entering a context manager of this type changes for all."""
    for base in mro(manager) or ():
        found = _MANAGERS.get((module_of(base), class_name(base)))
        if found is not None:
            return found
    return None


# Straight from the slots: a metaclass may have attributes of these names.
module_of: Callable[[type], Any] = type.__dict__["__module__"].__get__
class_name: Callable[[type], str] = type.__dict__["__name__"].__get__
mro: Callable[[type], tuple[type, ...] | None] = type.__dict__["__mro__"].__get__


_PRIVATE = re.compile(r"_[A-Z]\w*?(__\w*)")


def as_written(name: str) -> str:
    """Return an attribute's name as the source has it: private ones are mangled by Python."""
    private = None if name.endswith("__") else _PRIVATE.fullmatch(name)
    return name if private is None else private[1]


def is_one_of(cls: type, classes: Iterable[type]) -> bool:
    """Whether ``cls`` is one of ``classes``; ``in`` might ask its metaclass."""
    return any(map(is_, classes, repeat(cls)))


def is_derived(cls: type, classes: Iterable[type]) -> bool:
    """Whether one of ``classes`` is a base of ``cls``; ``issubclass`` runs code of theirs where
    they are abstract."""
    bases = mro(cls) or ()
    return any(is_one_of(base, classes) for base in bases)


def is_foreign(cls: type) -> bool:
    """Whether code of ``cls`` is out of sight, and may change what its instances keep."""
    module = module_of(cls)
    if issubclass(cls, tuple):
        return False
    if type(module) is not str or module == "builtins":
        return cls is GeneratorType
    if module in INSTRUMENTED_MODULES or module in _HARMLESS:
        return False
    return module.partition(".")[0] not in _HARMLESS


_ALIKE: Final = frozenset({"ctypes", "multiprocessing"})


def is_alike(cls: type) -> bool:
    """Whether all values of a kind have this class (``c_int``, ``Synchronized``): which of them one
    is says the program's name for it only."""
    module = module_of(cls)
    return type(module) is str and module.partition(".")[0] in _ALIKE


_CHANGING: Final = {
    ("decimal", "Context"): None,
    ("logging", "Filterer"): {"addFilter", "removeFilter"},
    ("logging", "Logger"): {"addHandler", "removeHandler", "hasHandlers", "setLevel"},
    ("logging", "Handler"): {"setFormatter", "setLevel"},
}
"""Classes of harmless packages that are not, or the methods that are not; None: all of them."""


def is_use(owner: type, name: str) -> bool:
    """Whether a call of the method ``name`` that ``owner`` defines is a use of its object."""
    known = _CHANGING.get((module_of(owner), class_name(owner)), ())
    return is_foreign(owner) or known is None or name in known


def note_instrumented(modules: Set[str]) -> None:
    """Take note that the functions of these modules are instrumented, and of no others."""
    if modules != INSTRUMENTED_MODULES:
        INSTRUMENTED_MODULES.clear()
        INSTRUMENTED_MODULES.update(modules)
        forget_classes()


def is_instrumented(method: object) -> bool:
    """Whether what ``method`` does is seen inside."""
    return type(method) is FunctionType and method.__module__ in INSTRUMENTED_MODULES
