"""Where events have taken place in the code that runs without the plugin: in which instruction."""

from __future__ import annotations

import dis
import linecache
import sys
from collections.abc import Iterator, Sequence
from functools import lru_cache
from types import CodeType

from pytest_concurrency.detect.gil.instructions import JUMPS, begin_of
from pytest_concurrency.runtime.system.frames import Frame, Position
from pytest_concurrency.runtime.trace.event import Event, operation, site_number
from pytest_concurrency.runtime.trace.operations import ACQUIRE, READ, RELEASE, WRITE
from pytest_concurrency.runtime.trace.sites import SITES, InstrumentedSite

_READS = ("LOAD_ATTR", "LOAD_METHOD", "LOAD_GLOBAL", "LOAD_DEREF", "LOAD_NAME", "LOAD_CLASSDEREF")
_ITEM_READS = ("BINARY_SUBSCR", "BINARY_SLICE", "BINARY_OP")
_WRITES = ("STORE_", "DELETE_")
_CALLS = ("CALL",)
_METHOD_LOADS = ("LOAD_ATTR", "LOAD_METHOD")
_ENTERS = ("BEFORE_WITH", "CALL")
_GIVES = ("LOAD_", "CALL", "BINARY_")
_POPS = frozenset({"POP_TOP", "STORE_FAST", "STORE_NAME"})


@lru_cache(maxsize=1024)
def code_of(path: str, begin: int, position: Position | None) -> CodeType | None:
    """Return the code of the function that begins there and has this position in it, as compiled
    from the source; None if there is none, or more than one.
    """
    found = [
        code
        for code in _codes(path)
        if code.co_firstlineno == begin and any(each == position for each in code.co_positions())
    ]
    return found[0] if len(found) == 1 else None


@lru_cache(maxsize=16)
def _codes(path: str) -> tuple[CodeType, ...]:
    source = "".join(linecache.getlines(path))
    try:
        return tuple(_within(compile(source, path, "exec", dont_inherit=True)))
    except (SyntaxError, ValueError):
        return ()


def _within(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _within(constant)


def is_decorated(code: CodeType) -> bool:
    """Whether a call may not go to the function itself."""
    return linecache.getline(code.co_filename, code.co_firstlineno).lstrip().startswith("@")


def instructions_of(event: Event, frame: Frame, all_: Sequence[dis.Instruction]) -> list[int]:
    """Return in which instructions of the frame's function an event may have taken place."""
    at = [number for number, each in enumerate(all_) if each.positions == frame.position]
    if not at:
        return []
    site, op = SITES[site_number(event)], operation(event)
    names: tuple[str, ...] = _CALLS
    if op == ACQUIRE and site.op == ACQUIRE:
        enters = (number for number in at if all_[number].opname.startswith(_ENTERS))
        first = _first_of(site, all_)
        return [next((number for number in enters if number > first), at[-1])]
    if op == RELEASE and site.op == RELEASE:
        return [number for number in at if _is_exit(all_[number])]
    if op == READ and site.op == READ:
        names = _READS if site.name else _ITEM_READS
    elif op == WRITE and site.op == WRITE:
        names = _WRITES
    named = site.name if names is _READS else ""
    found = [
        number
        for number in at
        if all_[number].opname.startswith(names) and (not named or all_[number].argval == named)
    ]
    given = next((number for number in at if all_[number].opname.startswith(_GIVES)), at[-1])
    return found or _consumers(all_, given)


def _first_of(site: InstrumentedSite, all_: Sequence[dis.Instruction]) -> int:
    """Return the first instruction of what begins at a site."""
    begin = (site.line, site.column)
    numbers = (n for n, each in enumerate(all_) if begin_of(each) == begin)
    return next(numbers, -1)


def _is_exit(each: dis.Instruction) -> bool:
    """Whether it may be the call of ``__exit__(None, None, None)``."""
    return each.opname.startswith(_CALLS) and (each.arg or 0) > 1


def method_loads(event: Event, call: int, all_: Sequence[dis.Instruction]) -> list[int]:
    """Return which instruction has got the method, one of a built-in type, that is called there, if
    it is a call.
    """
    site = SITES[site_number(event)]
    if not all_[call].opname.startswith(_CALLS):
        return []
    return [
        number
        for number in range(call)
        if all_[number].opname in _METHOD_LOADS
        and all_[number].argval == site.name
        and begin_of(all_[number]) == begin_of(all_[call])
    ]


def calls_of(frame: Frame, all_: Sequence[dis.Instruction]) -> list[int]:
    """Return in which instructions a function may have called the one above it on the stack."""
    at = [number for number, each in enumerate(all_) if each.positions == frame.position]
    return [number for number in at if all_[number].opname.startswith(_CALLS)] or at[-1:]


def _consumers(all_: Sequence[dis.Instruction], start: int) -> list[int]:
    """Return what uses the object that the instruction at ``start`` has put on the stack."""
    depth = 1
    for number in range(start + 1, len(all_)):
        each = all_[number]
        if each.opname == "PRECALL":  # of 3.11: a part of the call that follows
            continue
        effect = _effect(each)
        is_use = depth + effect < 1 or (depth + effect == 1 and (effect < 0 or depth == 1))
        if is_use and effect <= 0 and each.opname not in _POPS | _IDLE:
            return [number]
        depth += effect
        if depth < 1 or each.opcode in JUMPS:
            break
    return []


_IDLE = frozenset(
    {"NOP", "CACHE", "EXTENDED_ARG", "NOT_TAKEN", "PRECALL", "KW_NAMES", "COPY", "SWAP"}
)


def _effect(each: dis.Instruction) -> int:
    """Return by how much the stack grows where it goes on with the next instruction."""
    if each.opname == "CALL" and sys.version_info < (3, 12):
        return -1 - (each.arg or 0)
    return dis.stack_effect(each.opcode, each.arg, jump=False)
