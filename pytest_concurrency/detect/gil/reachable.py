"""Decides whether a hazard can happen with a global interpreter lock.

It can if each thread that was interrupted in an execution that shows it could have been, somewhere
between the two of its events that matter. It cannot if it *is* that something of another thread
comes between two events of one thread (a lost update, an atomicity violation), and nothing can.
Other hazards, a deadlock or a failure, may come of another interleaving, too: there a no to one of
them says nothing.

Judged by the code that runs without the plugin, as the interpreter at hand compiles it.
"""

from __future__ import annotations

import dis
from collections.abc import Iterator, Sequence
from itertools import pairwise
from types import CodeType
from typing import Literal

from pytest_concurrency.detect.gil.activations import (
    calls_of,
    code_of,
    instructions_of,
    is_decorated,
    method_loads,
)
from pytest_concurrency.detect.gil.instructions import (
    NAMED,
    PLAIN,
    PRESUMED,
    Chance,
    Instructions,
    listing,
)
from pytest_concurrency.detect.gil.windows import windows
from pytest_concurrency.detect.observation import Observation
from pytest_concurrency.kinds import ATOMICITY_VIOLATION, LOST_UPDATE, STALE_READ
from pytest_concurrency.model import Hazard
from pytest_concurrency.runtime.system.frames import Frame, Stack
from pytest_concurrency.runtime.trace.event import effect, operation, thread_of
from pytest_concurrency.runtime.trace.operations import ONLY_READ, WRITE

Answer = Literal["reachable", "free-threaded-only", "unknown"]
_OF_PAIRS = frozenset({LOST_UPDATE, ATOMICITY_VIOLATION, STALE_READ})
"""Kinds that are what happens between two events of one thread."""
_COROUTINE = 0x80 | 0x100 | 0x200
"""Flags of code that goes on by ``await``, which no ``RESUME`` looks at."""
_LONGEST_LOG = 2000
_MOST_EVENTS = 200
"""Of a window that are looked at."""


def with_gil(observation: Observation, hazard: Hazard) -> Answer:
    """Say whether a hazard can happen that an execution shows which was recorded in full."""
    if not observation.stacks or len(observation.execution.log) > _LONGEST_LOG:
        return "unknown"
    needed = windows(observation.execution)
    if all(_chance(observation, window) is Chance.SURE for window in needed):
        return "reachable"
    pair = _pair(observation, hazard)
    if len(pair) > 1 and _chance(observation, pair) is Chance.NONE:
        return "free-threaded-only"
    return "unknown"


def _pair(observation: Observation, hazard: Hazard) -> Sequence[int]:
    """Return the events from the first to the last of the thread that a hazard happens to, if it is
    of that kind.
    """
    if hazard.kind not in _OF_PAIRS or not hazard.sites:
        return ()
    thread = hazard.sites[0].thread
    steps = {each.step for each in hazard.timeline if each.highlighted and each.thread == thread}
    own = [index for index, each in enumerate(observation.accesses) if each.thread == thread]
    places = [place for place, index in enumerate(own) if observation.accesses[index].step in steps]
    return own[places[0] : places[-1] + 1] if places else ()


def _chance(observation: Observation, window: Sequence[int]) -> Chance:
    return _Window(observation, window[:_MOST_EVENTS]).chance()


class _Window:
    """Events of one thread, between the first and the last of which it was interrupted."""

    def __init__(self, observation: Observation, events: Sequence[int]) -> None:
        self._observation = observation
        self._events = events
        self._known: dict[CodeType, Instructions] = {}

    def chance(self) -> Chance:
        """Say whether somewhere in between another thread may get its turn: also where it might
        have had to wait.
        """
        log = self._observation.execution.log
        if any(effect(log[index]).blocks for index in self._events[1:]):
            return Chance.SURE
        return max(self._between(one, other) for one, other in pairwise(self._events))

    def _between(self, one: int, other: int) -> Chance:
        stacks = self._observation.stacks
        before, after = stacks[one], stacks[other]
        shared = _shared(before, after)
        if not shared:
            return Chance.MAYBE
        if len(after) > shared:  # it has called something since
            entered = code_of(*_place(after[len(after) - shared - 1]))
            is_sure = entered is not None and not entered.co_flags & _COROUTINE
            return Chance.SURE if is_sure else Chance.MAYBE
        return max(self._parts(one, other, before, after, len(before) - shared))

    def _parts(
        self, one: int, other: int, before: Stack, after: Stack, left: int
    ) -> Iterator[Chance]:
        """Yield the chance in each activation that it goes through: ``left`` that it leaves, and
        the one in which it arrives."""
        for depth in range(left + 1):
            frame = before[depth]
            code = code_of(*_place(frame))
            if code is None or (depth < left and code.co_flags & _COROUTINE):
                yield Chance.MAYBE
                continue
            known = self._instructions(code)
            starts = self._located(one, frame, known) if not depth else calls_of(frame, known.all)
            ends = None if depth < left else self._located(other, after[0], known)
            if depth and any(known.all[start].opname.startswith("CALL") for start in starts):
                inner = code_of(*_place(before[depth - 1]))
                if inner is None or is_decorated(inner):
                    yield Chance.MAYBE  # it may call one in C, at the end of which is a look
            yield self._on_the_way(known, starts, ends, other, is_after_call=depth > 0)

    def _on_the_way(
        self,
        known: Instructions,
        starts: Sequence[int],
        ends: Sequence[int] | None,
        other: int,
        *,
        is_after_call: bool,
    ) -> Chance:
        if not starts or ends == []:
            return Chance.MAYBE
        found = set()
        for start in starts:
            own = Chance.NONE if is_after_call else known.chances[start]
            for chance, end in _arrivals(known, start, ends, own):
                found.add(self._settled(chance, known, end, other))
        return found.pop() if len(found) == 1 else Chance.MAYBE

    def _settled(self, chance: Chance, known: Instructions, end: int, other: int) -> Chance:
        """Say what becomes of a presumption: that what was stored is a plain value."""
        if chance is not Chance.PRESUMED_NONE:
            return chance
        is_write = operation(self._observation.execution.log[other]) == WRITE
        content = self._observation.contents[other][1]
        is_plain = content.value is not None and known.stored.get(end) == PRESUMED
        return Chance.NONE if is_write and is_plain else Chance.MAYBE

    def _instructions(self, code: CodeType) -> Instructions:
        known = self._known.get(code)
        if known is None:
            bare = listing(code)
            calls = frozenset(self._calls(code, bare))
            results = dict.fromkeys(calls, NAMED) | dict(self._results(code, bare))
            known = self._known[code] = Instructions(code, results, calls)
        return known

    def _own_events(self) -> Iterator[tuple[int, Stack]]:
        """Yield the events of the thread, up to the last one of the window, and their stacks."""
        log = self._observation.execution.log
        thread = thread_of(log[self._events[0]])
        for index in range(max(0, self._events[0] - _MOST_EVENTS), self._events[-1] + 1):
            if thread_of(log[index]) == thread:
                yield index, self._observation.stacks[index]

    def _calls(self, code: CodeType, bare: Sequence[dis.Instruction]) -> Iterator[int]:
        """Yield which instructions have called functions written in Python."""
        for _, stack in self._own_events():
            for frame in stack[1:]:
                if code_of(*_place(frame)) is code:
                    yield from calls_of(frame, bare)

    def _results(
        self, code: CodeType, bare: Sequence[dis.Instruction]
    ) -> Iterator[tuple[int, str]]:
        """Yield what is known of what the thread has read there."""
        log, contents = self._observation.execution.log, self._observation.contents
        for index, stack in self._own_events():
            if stack and code_of(*_place(stack[0])) is code:
                is_plain = (
                    operation(log[index]) in ONLY_READ and contents[index][0].value is not None
                )
                for number in instructions_of(log[index], stack[0], bare):
                    yield number, PLAIN if is_plain else ""
                    yield from ((each, "") for each in method_loads(log[index], number, bare))

    def _located(self, index: int, frame: Frame, known: Instructions) -> list[int]:
        return instructions_of(self._observation.execution.log[index], frame, known.all)


def _place(frame: Frame) -> tuple[str, int, tuple[int, int, int, int] | None]:
    return frame.path, frame.begin, frame.position


def _shared(one: Stack, other: Stack) -> int:
    """Return how many activations, from the outermost, two stacks have in common: up to the first
    that stands elsewhere.
    """
    shared = 0
    for first, second in zip(reversed(one), reversed(other), strict=False):
        if (first.identity, first.path, first.begin) != (
            second.identity,
            second.path,
            second.begin,
        ):
            break
        shared += 1
        if first.instruction != second.instruction:
            break
    return shared


def _arrivals(
    known: Instructions, start: int, ends: Sequence[int] | None, own: Chance
) -> Iterator[tuple[Chance, int]]:
    """Yield with which chance on the way it comes from an instruction to those at ``ends``, or, if
    that is None, to where the function returns.
    """
    seen: set[tuple[int, Chance]] = set()
    left = [(number, own) for number in known.after(start)]
    if ends is None and known.is_return(start):
        yield own, start
    while left:
        number, chance = left.pop()
        if (number, chance) in seen:
            continue
        seen.add((number, chance))
        if number in ends if ends is not None else known.is_return(number):
            yield chance, number
        else:
            chance = max(chance, known.chances[number])
            left += [(following, chance) for following in known.after(number)]
