"""Results of processes that cannot be sent back.

Nothing is lost if nobody asks for one. Who does learns why there is none.
"""

from __future__ import annotations

from typing import Any, NoReturn


class ResultNotSent(Exception):  # noqa: N818 - says what is missing, not what went wrong
    """A test needs the result of a process, and that cannot be sent to it."""


class UnsentResult:
    """Stands in the place of such a result, and raises ResultNotSent whatever is done with it."""

    def __init__(self, problem: str) -> None:
        self.__dict__["problem"] = problem

    def __reduce__(self) -> tuple[type, tuple[str]]:
        return UnsentResult, (self.__dict__["problem"],)

    def __repr__(self) -> str:
        return "<a result that cannot be sent back>"

    def __getattr__(self, name: str) -> NoReturn:
        raise ResultNotSent(self.__dict__["problem"])

    def _refuse(self, *_: Any) -> NoReturn:
        raise ResultNotSent(self.__dict__["problem"])

    __setattr__ = __delattr__ = __call__ = __iter__ = __len__ = __bool__ = _refuse
    __eq__ = __ne__ = __hash__ = __lt__ = __le__ = __gt__ = __ge__ = _refuse
    __getitem__ = __contains__ = __add__ = __radd__ = __int__ = __float__ = __index__ = _refuse
    __enter__ = __exit__ = __next__ = __str__ = _refuse
