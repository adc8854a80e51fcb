"""Functions by which a program watches itself, kept from the plugin's own frames.

They are not to see what was not there without us; and they may be instrumented, and would pass
scheduling points in the middle of one.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import CodeType, FrameType, FunctionType, MethodType
from typing import Any

from pytest_concurrency._compat import getframe, monitoring
from pytest_concurrency._origins import is_own
from pytest_concurrency.runtime.effects.memory import ids_of
from pytest_concurrency.runtime.system.disguise import disguised, replace

_PYTHONS = ids_of([FunctionType, MethodType])
_real_settrace, _real_gettrace = sys.settrace, sys.gettrace
_real_setprofile, _real_getprofile = sys.setprofile, sys.getprofile


def hide_from_tracing() -> None:
    """Do so with the functions that ``threading.settrace`` and ``setprofile`` have just put in
    place.
    """
    settrace(_real_gettrace())
    setprofile(_real_getprofile())


def settrace(function: Any, /) -> None:
    """Replace ``sys.settrace``."""
    _real_settrace(_wrapped(function))


def gettrace() -> Any:
    """Replace ``sys.gettrace``."""
    return _unwrapped(_real_gettrace())


def setprofile(function: Any, /) -> None:
    """Replace ``sys.setprofile``."""
    _real_setprofile(_wrapped(function))


def getprofile() -> Any:
    """Replace ``sys.getprofile``."""
    return _unwrapped(_real_getprofile())


def register_callback(tool_id: int, event: int, func: Any, /) -> Any:
    """Replace ``sys.monitoring.register_callback``."""
    told = partial(_told_unless_own, func) if id(type(func)) in _PYTHONS else func
    return _unwrapped(_real_register(tool_id, event, told))


def _wrapped(function: Any) -> Any:
    return partial(_unless_own, function) if id(type(function)) in _PYTHONS else function


def _unwrapped(function: Any) -> Any:
    is_ours = type(function) is partial and function.func in (_unless_own, _told_unless_own)
    return function.args[0] if is_ours else function


def _is_ours(frame: FrameType) -> bool:
    """Whether it runs the plugin's code, or what makes a named tuple for it."""
    maker = frame.f_back if frame.f_code.co_filename == "<string>" else frame
    return maker is not None and is_own(maker.f_code.co_filename)


def _unless_own(function: Any, frame: FrameType, event: str, arg: Any) -> Any:
    return None if _is_ours(frame) else function(frame, event, arg)


def _told_unless_own(function: Any, code: CodeType, *told: Any) -> Any:
    called = told[1] if len(told) > 1 else None
    if is_own(code.co_filename) or (
        type(called) is FunctionType and is_own(called.__code__.co_filename)
    ):
        return monitoring.DISABLE
    return None if _is_ours(getframe(1)) else function(code, *told)


_real_register: Any = getattr(monitoring, "register_callback", None)


def patches() -> dict[Any, dict[str, Callable[..., Any]]]:
    """Return what is replaced, by the module that holds it."""
    by_name: dict[str, Callable[..., Any]] = {
        "settrace": settrace,
        "gettrace": gettrace,
        "setprofile": setprofile,
        "getprofile": getprofile,
    }
    if monitoring is None:
        return {sys: by_name}
    return {sys: by_name, monitoring: {"register_callback": register_callback}}


@contextmanager
def unseen() -> Iterator[None]:
    """Keep the plugin's frames from tracing where nothing else is replaced."""
    undo = [
        put_back
        for owner, by_name in patches().items()
        for name, new in by_name.items()
        for put_back in replace(owner, name, disguised(getattr(owner, name), new))
    ]
    try:
        yield
    finally:
        for put_back in undo:
            put_back()
