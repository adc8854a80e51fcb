"""Functions that the garbage collector does not know.

CPython 3.13 without the GIL makes functions and classes immortal when the first thread is started,
and its collector forgets them. They are still where the program keeps them.
"""

from __future__ import annotations

import gc
import sys
from types import CellType, FunctionType, MethodType, ModuleType

from pytest_concurrency._compat import FREE_THREADED_BUILD
from pytest_concurrency.runtime.effects.shapes import module_globals

FORGETS_FUNCTIONS = sys.version_info < (3, 14) and FREE_THREADED_BUILD
_HOLDERS = (ModuleType, type, FunctionType, MethodType, staticmethod, classmethod, property, dict)
_WALKED = frozenset({*_HOLDERS, CellType, tuple, list, set})
"""Types that are gone through, with those of classes: whose referents hold no NULL."""


def forgotten_functions(known: list[object]) -> list[object]:
    """Return the functions and sets that are reached from modules and ``known``, without these."""
    seen = {id(obj) for obj in known}
    left: list[object] = [*list(sys.modules.values()), *known]
    found: list[object] = []
    while left:
        for obj in _referents(left.pop()):
            kind = type(obj)
            if id(obj) in seen or not (kind in _WALKED or issubclass(kind, type)):
                continue
            seen.add(id(obj))
            left.append(obj)
            found.append(obj)
    return found


def _referents(obj: object) -> list[object]:
    """Return what ``obj`` refers to; of a module only its namespace: what C code keeps beside that
    may be without end (the free list of ``_asyncio`` in 3.12).
    """
    return [module_globals(obj)] if issubclass(type(obj), ModuleType) else gc.get_referents(obj)
