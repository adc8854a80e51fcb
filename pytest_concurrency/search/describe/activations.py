"""Tells activations of one function apart, although frames that have ended leave their addresses to
new ones.

From one event of a thread to its next one, a frame at the same address, called from where the same
caller still stands, is the same activation, unless a caller may have gone round a loop and called
again. Then it is the same one only if the thread has gone forward in there: a call begins at the
top.
"""

from __future__ import annotations

import dis
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import count, islice, zip_longest
from operator import eq
from types import CodeType
from typing import Final

from pytest_concurrency._origins import origin_of
from pytest_concurrency.runtime.system.frames import Activation

_LEAVING: Final = ("RETURN", "RAISE", "RERAISE")
"""What the names of instructions begin with that nothing follows."""
_ALWAYS: Final = ("JUMP_FORWARD", "JUMP_BACKWARD", "JUMP_BACKWARD_NO_INTERRUPT")
_RESUMED: Final = 0x20 | 0x80 | 0x200
"""Flags of code that is gone on with by whoever asks: generators and coroutines (``inspect``)."""


def told_apart(
    threads: Sequence[int], stacks: Sequence[Sequence[Activation]]
) -> list[list[Activation]]:
    """Return the stacks of an execution's events, done by these threads, with numbers that no two
    activations have in common.
    """
    return list(map(Activations().numbered, threads, stacks))


_NOWHERE: Final[tuple[Sequence[Activation], Sequence[int]]] = ((), ())


class Activations:
    """Numbers the activations of an execution in place of their addresses."""

    def __init__(self) -> None:
        self._numbers = count()
        self._latest: dict[int, tuple[Sequence[Activation], Sequence[int]]] = {}
        """By thread: where it stood last, the outermost first, and the numbers."""
        self._resumed: dict[tuple[int, CodeType], int] = {}

    def numbered(self, thread: int, stack: Sequence[Activation]) -> list[Activation]:
        """Return the stack (the innermost first) with numbers that no other activation has."""
        now = stack[::-1]
        before, known = self._latest.get(thread, _NOWHERE)
        kept = _kept(before, now)
        numbers = [*known[:kept], *islice(self._numbers, len(now) - kept)]
        for level in range(kept, len(now)):
            address, code, _ = now[level]
            if code.co_flags & _RESUMED:
                numbers[level] = self._resumed.setdefault((address, code), numbers[level])
        self._latest[thread] = now, numbers
        found = zip(reversed(numbers), stack, strict=True)
        return [(number, code, at) for number, (_, code, at) in found]


def _kept(before: Sequence[Activation], now: Sequence[Activation]) -> int:
    """Return how many activations, of those that are the outermost, still go on."""
    are_same = list(map(eq, before, now))
    parted = len(are_same) if all(are_same) else are_same.index(False)
    has_moved = parted < len(are_same) and before[parted][:2] == now[parted][:2]
    is_forward = has_moved and before[parted][2] < now[parted][2]
    if is_forward or len(before) == parted < len(now):
        return parted + has_moved
    # Whoever is called from within a loop may be called anew, and so may all that C calls.
    inside = (level for level in range(parted) if _is_in_loop(*now[level][1:]))
    goes_round = has_moved and _is_in_loop(*now[parted][1:])
    return min(next(inside, parted) + 1, parted + goes_round)


@lru_cache(maxsize=1024)
def _is_in_loop(code: CodeType, instruction: int) -> bool:
    """Whether what is done at ``instruction`` may be done once more by the same activation; what
    runs the tests calls each once.
    """
    is_runners = origin_of(code.co_filename) == "runner"
    return not is_runners and any(start <= instruction <= end for start, end in _loops(code))


@lru_cache(maxsize=256)
def _loops(code: CodeType) -> Sequence[tuple[int, int]]:
    following = _following(code)
    backward = ((end, start) for end, after in following.items() for start in after if start < end)
    return [(start, end) for end, start in backward if _leads_to(start, end, following)]


def _following(code: CodeType) -> dict[int, tuple[int, ...]]:
    """Return by instruction what may come next, unless something is raised."""
    instructions = list(dis.get_instructions(code))
    found = {}
    for this, then in zip_longest(instructions, instructions[1:]):
        is_jump = this.opcode in dis.hasjrel
        is_left = this.opname.startswith(_LEAVING) or then is None
        goes_on = not is_left and not (is_jump and this.opname in _ALWAYS)
        jumps = (this.argval,) if is_jump else ()
        found[this.offset] = (*jumps, then.offset) if goes_on else jumps
    return found


def _leads_to(start: int, end: int, following: Mapping[int, Sequence[int]]) -> bool:
    """Whether a round is closed by a jump back: what has handled an exception goes on where that
    was raised by one, too, and is not come to otherwise.
    """
    seen, ahead = {start}, [start]
    while ahead:
        for each in following.get(ahead.pop(), ()):
            if each not in seen:
                seen.add(each)
                ahead.append(each)
    return end in seen
