"""Whether all that a test does is seen where its code is instrumented.

Compiled code is not, but for the standard library's, of which it is known what it touches. What it
does leaves no trace, so it is looked for in the source: nothing that the code of a test can name,
in the modules whose functions it enters, may come from anywhere else.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from types import CodeType, FunctionType, ModuleType
from typing import Any

from pytest_concurrency.instrument.project import test_tools
from pytest_concurrency.instrument.scope import Scope
from pytest_concurrency.runtime.effects.foreign import module_of
from pytest_concurrency.runtime.scheduler.identity import COUNTING

_CALLS_ANYTHING = frozenset({"_ctypes", "ctypes"})
"""Of the standard library: compiled code of whomever is called by these."""


def names_unseen_code(entered: Iterable[CodeType], scope: Scope) -> bool:
    """Whether functions in scope, of which these are ``entered``, can name code that is not
    instrumented, other than the standard library and the tools of tests; or count references, which
    objects that are watched have more of.
    """
    codes = [code for code in entered if scope.wants(code.co_filename)]
    files = {code.co_filename for code in codes}
    names = {name for code in codes for name in code.co_names}
    if names & COUNTING:
        return True
    loaded = {name for name in names if name in sys.modules}  # imported within a function
    modules = [each for each in list(sys.modules.values()) if type(each) is ModuleType]
    named = {
        name
        for module in modules
        if vars(module).get("__file__") in files
        for value in list(vars(module).values())
        for name in _modules_of(value)
    }
    return any(_is_unseen(name, scope) for name in loaded | named)


def _modules_of(value: Any) -> Iterator[object]:
    """Yield the names of the modules that an object comes from."""
    kind = type(value)
    if kind is ModuleType:
        yield vars(value).get("__name__")
    elif kind is FunctionType:
        yield value.__globals__.get("__name__")
    elif issubclass(kind, type):
        yield module_of(value)
    else:
        yield module_of(kind)
        if kind is type(len):
            yield value.__module__


def _is_unseen(name: object, scope: Scope) -> bool:
    if not isinstance(name, str) or not name:
        return False  # of a method of something that has a module itself
    top = name.partition(".")[0]
    if top in sys.stdlib_module_names:
        return top in _CALLS_ANYTHING
    if top in test_tools():
        return False
    file = getattr(sys.modules.get(name), "__file__", None)
    return not (isinstance(file, str) and file.endswith(".py") and scope.wants(file))
