"""Jobs that have failed, and whether anybody has asked how they ended.

Nothing is kept alive for it: of what stands for the outcome there is a weak reference, of the
exception a description, which is made without code of the program.
"""

from __future__ import annotations

from collections.abc import Hashable
from types import WrapperDescriptorType
from typing import Any, NamedTuple
from weakref import ref

from pytest_concurrency.runtime.system.frames import Line, lines_of

_SHOWN = (str, int, float, bool, bytes, type(None))
"""Arguments of an exception whose text runs no code of the program."""


class FailedJob(NamedTuple):
    """An exception that ended a job."""

    thread: int
    exception: str
    """Its type."""
    message: str
    """``Type: text``, as far as the text can be had without code of the program."""
    raised: tuple[Line, ...]
    """Where it was raised, the innermost last."""


class FailedJobs:
    """Those of one execution."""

    __slots__ = ("_groups_told", "_outcomes", "unasked")

    def __init__(self) -> None:
        self.unasked: list[FailedJob] = []
        """Whose exceptions nobody has asked for."""
        self._outcomes: list[tuple[ref[Any], Hashable, FailedJob]] = []
        self._groups_told: set[Hashable] = set()

    def add(self, outcome: object, group: Hashable, thread: int, error: BaseException) -> None:
        """Note that ``error`` has ended a job of ``group``, the jobs of one executor; ``outcome``
        is what it can be asked of.
        """
        if group not in self._groups_told:
            job = FailedJob(
                thread, type(error).__name__, _message(error), lines_of(error.__traceback__)
            )
            self._outcomes.append((ref(outcome), group, job))
            self.unasked.append(job)

    def asked(self, outcome: object) -> None:
        """Note that somebody asks how a job has ended. Who is told of one that failed need not ask
        for the others of its group: ``[each.result() for each in futures]`` ends there.
        """
        for reference, group, _ in self._outcomes:
            if reference() is outcome:
                self._groups_told.add(group)
        self.unasked[:] = [
            job for _, group, job in self._outcomes if group not in self._groups_told
        ]

    def __bool__(self) -> bool:
        return bool(self._outcomes)


_arguments_of: Any = vars(BaseException)["args"].__get__


def _message(error: BaseException) -> str:
    cls = type(error)
    is_plain = type(cls) is type and type(cls.__str__) is WrapperDescriptorType
    if not is_plain or any(type(each) not in _SHOWN for each in _arguments_of(error)):
        return cls.__name__
    return f"{cls.__name__}: {cls.__str__(error)}".rstrip(": ")
