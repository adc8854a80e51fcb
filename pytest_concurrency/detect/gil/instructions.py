"""Where the interpreter may switch to another thread while it has a global lock: which instructions
look whether they are to (``eval_breaker`` in ``Python/bytecodes.c``, in 3.11 ``Python/ceval.c``).

On all versions from 3.11 to 3.15 these are the start of a function (``RESUME``, but not where an
``await`` goes on), a jump backwards, and the end of a call of what is not written in Python. So
does code in Python that another instruction calls. Nothing else does: between two plain
instructions no thread is interrupted. What comes of garbage collections and the end of objects
(``__del__``, callbacks of weak references) is left out.
"""

from __future__ import annotations

import dis
import sys
from collections.abc import Mapping, Sequence, Set
from enum import IntEnum
from functools import lru_cache
from types import CodeType
from typing import Final


class Chance(IntEnum):
    """Whether another thread may get its turn."""

    NONE = 0
    PRESUMED_NONE = 1
    """None if what is computed there is a plain value."""
    MAYBE = 2
    SURE = 3


PLAIN: Final = "plain"
"""A number, a text, None; or a built-in container of such."""
NAMED: Final = "named"
"""What a variable holds, of whatever type."""
PRESUMED: Final = "presumed"
"""What is computed from a plain value and a named one."""
_UNKNOWN: Final = ""

_SURE = frozenset({"CALL", "CALL_KW", "CALL_FUNCTION_EX", "JUMP_BACKWARD"})
_NEVER = (
    *("NOP", "CACHE", "EXTENDED_ARG", "NOT_TAKEN", "PRECALL", "KW_NAMES", "PUSH_NULL", "POP_TOP"),
    *("COPY", "SWAP", "IS_OP", "LOAD_CONST", "LOAD_SMALL_INT", "LOAD_COMMON_CONSTANT", "LOAD_FAST"),
    *("LOAD_GLOBAL", "LOAD_DEREF", "LOAD_CLOSURE", "LOAD_SPECIAL", "STORE_FAST", "STORE_GLOBAL"),
    *("STORE_DEREF", "BUILD_LIST", "BUILD_TUPLE", "BUILD_SLICE", "BUILD_STRING", "LIST_APPEND"),
    *("JUMP_FORWARD", "JUMP_BACKWARD_NO_INTERRUPT", "POP_JUMP_IF_NONE", "POP_JUMP_IF_NOT_NONE"),
    *("RETURN_VALUE", "RETURN_CONST", "MAKE_FUNCTION", "SET_FUNCTION_ATTRIBUTE", "MAKE_CELL"),
    *("END_FOR", "POP_ITER", "PUSH_EXC_INFO", "POP_EXCEPT"),
)
"""What the names of those begin with that run no code in Python."""
_TRUTH = frozenset({"POP_JUMP_IF_TRUE", "POP_JUMP_IF_FALSE"} | {"UNARY_NOT", "TO_BOOL"})
JUMPS: Final = frozenset((*dis.hasjrel, *dis.hasjabs))
_UNARY = frozenset({"UNARY_NEGATIVE", "UNARY_INVERT", "UNARY_POSITIVE", "UNARY_NOT", "TO_BOOL"})
_HARMFUL = _UNARY | _TRUTH if sys.version_info < (3, 13) else _UNARY - {"UNARY_NOT"}
"""Those that may call code of their operand; from 3.13 on the rest gets what ``TO_BOOL`` has made.
"""
_BINARY = frozenset({"BINARY_OP", "COMPARE_OP"})
_NO_ARITHMETIC = frozenset((*dis.cmp_op, *(f"bool({op})" for op in dis.cmp_op), "[]"))
_NO_EFFECT = frozenset(
    {"NOP", "CACHE", "EXTENDED_ARG", "NOT_TAKEN", "PRECALL", "KW_NAMES", "RESUME"}
)
_ENDS = ("JUMP_FORWARD", "JUMP_BACKWARD", "RETURN_", "RAISE_VARARGS", "RERAISE")
"""The same of those that are not followed by the next one."""
_QUICK = frozenset({"append", "isinstance", "len", "type"})
"""Calls for which there are instructions of their own after a while (``CALL_LEN``)."""
_LONGEST_CALL = 30
_RESUMED_BY_AWAIT = 2
"""From this argument of ``RESUME`` on: within ``yield from``, or ``await``."""


@lru_cache(maxsize=256)
def listing(code: CodeType) -> Sequence[dis.Instruction]:
    """Return the instructions of a function."""
    return tuple(dis.get_instructions(code))


class Instructions:
    """Those of one function, and what chance each gives to other threads.

    ``results``: the kinds of what instructions have given, by their numbers, as far as known;
    ``calls``: those that have called functions written in Python.
    """

    def __init__(
        self, code: CodeType, results: Mapping[int, str], calls: Set[int] = frozenset()
    ) -> None:
        self.all = listing(code)
        self._by_offset = {each.offset: number for number, each in enumerate(self.all)}
        self._results = results
        self._calls = calls
        self.chances: list[Chance] = []
        self.stored: dict[int, str] = {}
        """The kinds of what is stored, by instruction."""
        self._targets = set(map(self._target, self.all))
        self._stack: list[str] = []
        self._locals: dict[str, str] = {}
        for number, each in enumerate(self.all):
            if number in self._targets:
                self._stack, self._locals = [], {}
            self.chances.append(self._chance(number, each))

    def after(self, number: int) -> list[int]:
        """Return which instructions may follow, exceptions aside."""
        each = self.all[number]
        following = [] if each.opname.startswith(_ENDS) else [number + 1]
        jump = self._target(each)
        return [n for n in (*following, jump) if n is not None and n < len(self.all)]

    def _target(self, each: dis.Instruction) -> int | None:
        return self._by_offset.get(each.argval) if each.opcode in JUMPS else None

    def is_return(self, number: int) -> bool:
        """Whether the function ends there."""
        return self.all[number].opname in ("RETURN_VALUE", "RETURN_CONST")

    def _pop(self) -> str:
        return self._stack.pop() if self._stack else _UNKNOWN

    def _chance(self, number: int, each: dis.Instruction) -> Chance:
        name, stack = _plainly(each.opname), self._stack
        if name in _BINARY:
            right, left = self._pop(), self._pop()
            return self._computed(name, {left, right}, number)
        if name in _UNARY | _TRUTH:
            operand = self._pop()
            if name in _UNARY:
                stack.append(PLAIN if operand == PLAIN else _UNKNOWN)
            if each.opname.startswith("POP_JUMP_BACKWARD"):
                return Chance.SURE
            is_harmless = operand == PLAIN or name not in _HARMFUL or number in self._results
            return Chance.NONE if is_harmless else Chance.MAYBE
        if name.startswith("STORE_"):
            self._store(number, each)
        elif not self._load(number, each):
            stack.clear()  # below what is known there is anything
            if number in self._results:
                stack.append(self._results[number])
        if name == "RESUME":
            is_resumed = (each.arg or 0) & 3 >= _RESUMED_BY_AWAIT
            return Chance.NONE if is_resumed else Chance.SURE
        if name == "CALL" and number not in self._calls and self._is_quick(number):
            return Chance.MAYBE
        if name in _SURE or number in self._calls or each.opname.startswith("POP_JUMP_BACKWARD"):
            return Chance.SURE
        if name.startswith(_NEVER) or number in self._results:
            return Chance.NONE
        return Chance.MAYBE

    def _is_quick(self, number: int) -> bool:
        """Whether a call looks only until the interpreter knows what is called there."""
        begin = begin_of(self.all[number])
        return any(
            each.argval in _QUICK and begin_of(each) == begin
            for each in self.all[max(0, number - _LONGEST_CALL) : number]
        )

    def _computed(self, name: str, operands: set[str], number: int) -> Chance:
        if operands == {PLAIN}:
            self._stack.append(PLAIN)
            return Chance.NONE
        if number in self._results:
            self._stack.append(self._results[number])
            return Chance.NONE
        is_presumed = self.all[number].argrepr not in _NO_ARITHMETIC and operands == {PLAIN, NAMED}
        self._stack.append(PRESUMED if is_presumed else _UNKNOWN)
        return Chance.PRESUMED_NONE if is_presumed else Chance.MAYBE

    def _store(self, number: int, each: dis.Instruction) -> None:
        name, value = each.opname, each.argval
        if name == "STORE_FAST":
            self._locals[value] = self._pop()
        elif name == "STORE_FAST_LOAD_FAST":
            self._locals[value[0]] = self._pop()
            self._stack.append(self._locals.get(value[1], NAMED))
        elif name == "STORE_FAST_STORE_FAST":
            for local in value:
                self._locals[local] = self._pop()
        elif name == "STORE_SUBSCR":
            self._pop(), self._pop()
            self.stored[number] = self._pop()
        elif name == "STORE_ATTR":
            self._pop()
            self.stored[number] = self._pop()
        elif name in ("STORE_GLOBAL", "STORE_DEREF", "STORE_NAME"):
            self.stored[number] = self._pop()
        else:
            self._stack.clear()

    def _load(self, number: int, each: dis.Instruction) -> bool:
        """Whether it is an instruction that puts something on the stack which is known here."""
        name, value, stack = each.opname, each.argval, self._stack
        if name in ("LOAD_CONST", "LOAD_SMALL_INT"):
            stack.append(PLAIN if _is_plain(value) else _UNKNOWN)
        elif name in ("LOAD_FAST", "LOAD_FAST_CHECK", "LOAD_FAST_BORROW"):
            stack.append(self._locals.get(value, NAMED))
        elif name in ("LOAD_FAST_LOAD_FAST", "LOAD_FAST_BORROW_LOAD_FAST_BORROW"):
            stack.extend(self._locals.get(local, NAMED) for local in value)
        elif name in ("LOAD_DEREF", "LOAD_NAME", "LOAD_GLOBAL"):
            is_called = name == "LOAD_GLOBAL" and dis.stack_effect(each.opcode, each.arg) > 1
            stack.append(_UNKNOWN if is_called else self._results.get(number, NAMED))
        elif name in _NO_EFFECT:
            pass
        elif name == "POP_TOP":
            self._pop()
        elif name == "PUSH_NULL":
            stack.append(_UNKNOWN)
        elif name in ("LOAD_ATTR", "BINARY_SUBSCR") and number in self._results:
            for _ in range(1 if name == "LOAD_ATTR" else 2):
                self._pop()
            stack.append(self._results[number])
        elif name == "COPY":
            depth = each.arg or 1
            stack.append(stack[-depth] if depth <= len(stack) else _UNKNOWN)
        elif name == "SWAP":
            depth = each.arg or 1
            if depth > len(stack):
                stack.clear()
            else:
                stack[-1], stack[-depth] = stack[-depth], stack[-1]
        else:
            return False
        return True


def begin_of(each: dis.Instruction) -> tuple[int | None, int | None]:
    """Return line and column where what an instruction belongs to begins in the source."""
    positions = each.positions
    return (None, None) if positions is None else (positions.lineno, positions.col_offset)


def _plainly(name: str) -> str:
    """Return the name without the direction that jumps have in 3.11."""
    return name.replace("POP_JUMP_FORWARD", "POP_JUMP").replace("POP_JUMP_BACKWARD", "POP_JUMP")


def _is_plain(value: object) -> bool:
    if type(value) is tuple:
        return all(map(_is_plain, value))
    return type(value) in (int, float, complex, bool, str, bytes, type(None))
