"""Writes down what calls give, so that two runs can be compared."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{6,}")


class Notes:
    """What each call gave: its value's representation, or its exception with the whole traceback.

    Called with a function and its arguments, it returns what the function returns, None if that
    raises.
    """

    def __init__(self) -> None:
        self.taken: list[object] = []

    def __call__(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        try:
            value = function(*args, **kwargs)
        except Exception as error:
            self.taken.append(described(error))
            return None
        self.taken.append(shown(value))
        return value


def shown(value: object) -> str:
    return _ADDRESS.sub("0x…", repr(value))


def described(error: BaseException | None) -> object:
    """An exception: type, message, steps of its traceback (with the columns that Python
    underlines), and what it came from."""
    if error is None:
        return None
    steps = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        positions = list(code.co_positions())[trace.tb_lasti // 2]
        steps.append((code.co_name, trace.tb_lineno, positions))
        trace = trace.tb_next
    origins = (described(error.__cause__), described(error.__context__))
    return type(error).__name__, _ADDRESS.sub("0x…", str(error)), steps, origins
