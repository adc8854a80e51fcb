"""Statement by statement: threads change only between two statements of one function."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from types import CodeType, FrameType
from typing import Any

from pytest_concurrency._compat import getframe, parsed
from pytest_concurrency.runtime.tasks.task import Task
from pytest_concurrency.search.execution.choices import Choices
from pytest_concurrency.search.orders.fair import Fair

Start = tuple[int, int]
"""Line and column."""
NOWHERE: Start = (0, 0)


class Body:
    """The statements of a function, whichever code it has at the moment."""

    def __init__(self, function: Callable[..., Any]) -> None:
        plain: Any = inspect.unwrap(function)
        self._code: CodeType | None = getattr(plain, "__code__", None)
        self._starts = _starts(plain)
        self._columns: dict[tuple[int, int], int] = {}
        """By code and instruction, of lines with several statements."""

    @property
    def lines(self) -> frozenset[tuple[str, int]]:
        """Path and number of each of its lines."""
        if self._code is None:
            return frozenset()
        return frozenset((self._code.co_filename, line) for line in self._starts)

    def statement(self) -> Start:
        """Return where the statement starts that the calling thread is in."""
        if self._code is None:
            return NOWHERE
        wanted = _origin(self._code)
        frame = getframe(1)
        while frame.f_back is not None:
            if _origin(frame.f_code) == wanted:
                return self._start(frame)
            frame = frame.f_back
        return NOWHERE

    def _start(self, frame: FrameType) -> Start:
        starts = self._starts.get(frame.f_lineno, [(frame.f_lineno, 0)])
        if len(starts) == 1:
            return starts[0]
        at = id(frame.f_code), frame.f_lasti
        if at not in self._columns:
            position = next(islice(frame.f_code.co_positions(), frame.f_lasti // 2, None))
            self._columns[at] = position[2] or 0
        here = frame.f_lineno, self._columns[at]
        return max((each for each in starts if each <= here), default=starts[0])


def _origin(code: CodeType) -> tuple[int, str, str]:
    """The same for a function's own code and its instrumented one."""
    return code.co_firstlineno, code.co_name, code.co_filename


def _starts(function: Any) -> Mapping[int, Sequence[Start]]:
    """Return by line where the innermost statements start that it belongs to: several are joined
    by semicolons.
    """
    try:
        lines, first = inspect.getsourcelines(function)
        tree = parsed(textwrap.dedent("".join(lines)))
    except (OSError, SyntaxError, TypeError):
        return {}
    innermost: dict[int, list[ast.stmt]] = {}
    for node in ast.walk(tree):  # from the outside in
        if isinstance(node, ast.stmt):
            for line in range(node.lineno, (node.end_lineno or node.lineno) + 1):
                others = [each for each in innermost.get(line, ()) if not _is_within(node, each)]
                innermost[line] = [*others, node]
    indent = len(lines[0]) - len(lines[0].lstrip())
    return {
        first + line - 1: [(first + each.lineno - 1, indent + each.col_offset) for each in nodes]
        for line, nodes in innermost.items()
    }


def _is_within(inner: ast.stmt, outer: ast.stmt) -> bool:
    return (outer.lineno, outer.col_offset) <= (inner.lineno, inner.col_offset) and (
        (inner.end_lineno or 0, inner.end_col_offset or 0)
        <= (outer.end_lineno or 0, outer.end_col_offset or 0)
    )


class ByStatement(Fair):
    """Draws who goes on whenever a thread comes to another statement of ``body``; what a statement
    does, calls included, is one step as far as it waits for nobody.

    With ``cut`` nothing is drawn: after so many statements of the thread that came first, all
    others go on to their end.
    """

    name = "by-statement"

    def __init__(self, choices: Choices, body: Body, cut: int = 0) -> None:
        self._choices = choices
        self._body = body
        self._cut = cut
        self._last: dict[int, Start] = {}
        self._first = -1
        self._passed = 0
        """Statements that the first thread has come to."""

    def choose(self, enabled: list[Task], task: Task) -> Task:
        """Draw, or cut, at a new statement; else keep to the default order."""
        statement = self._body.statement()
        is_new = statement not in (NOWHERE, self._last.get(task.index))
        self._last[task.index] = statement
        if self._cut:
            others = self._others(enabled, task, is_new=is_new)
            return super().choose(others or enabled, task)
        if task not in enabled or is_new:
            return enabled[self._choices.below(len(enabled))]
        return super().choose(enabled, task)

    def _others(self, enabled: list[Task], task: Task, *, is_new: bool) -> list[Task]:
        if is_new and self._first < 0:
            self._first = task.index
        self._passed += is_new and task.index == self._first
        is_cut = self._passed > self._cut
        return [each for each in enabled if each.index != self._first] if is_cut else []

    def grant(self, task: Task, enabled: list[Task]) -> int:
        """Look again at the next operation."""
        return 0 if task.operation is not None else 1
