"""Where the code of every thread stands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from itertools import islice
from types import CodeType, FrameType, TracebackType
from typing import Any, NamedTuple, overload

from pytest_concurrency._compat import all_frames, getframe, without_collecting
from pytest_concurrency._origins import OWN

_MOST_FRAMES = 200


Position = tuple[int, int, int, int]
"""First line, last line, first column, last column: as code objects have them."""
Line = tuple[str, int, str]
"""Path, number, and the function's qualified name."""
Activation = tuple[int, CodeType, int]
"""A frame's address, which is its own as long as it lives, or a number in its place; its code, and
the instruction."""


class Frame(NamedTuple):
    """Where an activation of a function stood, in words that can be sent to another process."""

    identity: int
    path: str
    begin: int
    """The function's first line."""
    instruction: int
    position: Position | None


Stack = tuple[Frame, ...]
"""The innermost first, without the plugin's own."""


def stack_here() -> tuple[Any, ...]:
    """Return where the calling thread stands: the innermost first, without the plugin's own.

    Address, code and instruction of each frame in a row, for ``activations``: an execution has
    thousands of stacks, and the garbage collector goes through what they consist of.
    """
    found: list[Any] = []
    frame: FrameType | None = getframe(1)
    while frame is not None and len(found) < 3 * _MOST_FRAMES:
        code = frame.f_code
        if not code.co_filename.startswith(OWN):
            found += (id(frame), code, frame.f_lasti)
        frame = frame.f_back
    return tuple(found)


def activations(stack: tuple[Any, ...]) -> list[Activation]:
    """Return the activations of what ``stack_here`` has returned."""
    return list(zip(stack[::3], stack[1::3], stack[2::3], strict=True))


class Stacks(Sequence[Stack]):
    """Where threads stood, said in words for those of whom it is asked: few are."""

    def __init__(
        self,
        stacks: Sequence[tuple[Any, ...]],
        told_apart: Callable[[list[list[Activation]]], Sequence[Sequence[Activation]]],
    ) -> None:
        """``stacks`` are what ``stack_here`` returns; ``told_apart`` gives the activations numbers
        in place of their addresses. Of most executions nobody asks that.
        """
        self._stacks = stacks
        self._told_apart = told_apart
        self._known: dict[tuple[int, int], Position | None] = {}
        self._said: dict[int, Stack] = {}

    @cached_property
    def _numbered(self) -> Sequence[Sequence[Activation]]:
        return self._told_apart(list(map(activations, self._stacks)))

    def __len__(self) -> int:
        return len(self._stacks)

    @overload
    def __getitem__(self, index: int) -> Stack: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Stack]: ...

    def __getitem__(self, index: int | slice) -> Stack | Sequence[Stack]:
        if isinstance(index, slice):
            return [self[each] for each in range(len(self))[index]]
        said = self._said.get(index)
        if said is None:
            said = self._said[index] = tuple(
                Frame(identity, code.co_filename, code.co_firstlineno, at, self._position(code, at))
                for identity, code, at in self._numbered[index]
            )
        return said

    def __reduce__(self) -> tuple[Any, ...]:
        return list, (list(self),)  # what is sent to another process has no code objects

    def _position(self, code: CodeType, at: int) -> Position | None:
        key = id(code), at
        if key not in self._known:
            self._known[key] = _position(code, at)
        return self._known[key]


def _position(code: CodeType, instruction: int) -> Position | None:
    found = next(islice(code.co_positions(), instruction // 2, None), None)
    if found is None or None in found:
        return None
    first, last, column, end = found
    return (first or 0, last or 0, column or 0, end or 0)


def lines_of(traceback: TracebackType | None) -> tuple[Line, ...]:
    """Return the lines that an exception went through, the innermost last."""
    lines = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        lines.append((code.co_filename, traceback.tb_lineno, code.co_qualname))
        traceback = traceback.tb_next
    return tuple(lines)


def current_frames() -> dict[int, FrameType]:
    """Return ``sys._current_frames()``, without a garbage collection meanwhile.

    CPython 3.11 may hang in one: what is finalized may want a lock that the function holds
    (https://github.com/python/cpython/issues/106883; 3.12 does this itself).
    """
    with without_collecting():
        return all_frames()
