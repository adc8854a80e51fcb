"""The decisions of the last execution, and what has to be tried instead of them: the path from the
root to a leaf of the tree that is searched depth first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from pytest_concurrency.runtime.trace.event import Log
from pytest_concurrency.runtime.trace.resource import Resource
from pytest_concurrency.runtime.trace.synchronisation import Noted
from pytest_concurrency.search.partial_order.footprints import Footprint, conflict
from pytest_concurrency.search.partial_order.races import Races
from pytest_concurrency.search.partial_order.transitions import (
    Cutter,
    Decision,
    Transition,
    between,
)


class Asleep(NamedTuple):
    """A thread that need not go on, since what comes of it is known."""

    footprint: Footprint
    """What it would do."""
    numbers: tuple[int, int] | None
    """If that is done to what had no number before: the last ones given, of objects and of those
    inside the standard library. What gets one first when something else goes on may be anything.
    """

    def with_number(self, number: int | None) -> Asleep:
        """Return the same where the object that it stands before has this number in the execution
        that is going on; None: nobody has touched it.
        """
        if self.numbers is None or (number is not None and not _is_other(number, self.numbers)):
            return self
        new = [each for each in self.footprint if _is_other(each, self.numbers)]
        if len(new) != 1:
            return self
        others = {each: parts for each, parts in self.footprint.items() if each != new[0]}
        if number is not None:
            others[number] = self.footprint[new[0]]
        return Asleep(others, None)

    def depends_on(self, footprint: Footprint) -> bool:
        """Whether it would do something else after a transition with this footprint."""
        is_new = self.numbers is not None and _has_others(footprint, self.numbers)
        return is_new or conflict(self.footprint, footprint)


def _has_others(footprint: Footprint, numbers: tuple[int, int]) -> bool:
    return any(_is_other(each, numbers) for each in footprint)


def _is_other(resource: Resource, numbers: tuple[int, int]) -> bool:
    last, inner = numbers
    return type(resource) is int and not inner <= resource <= last


Sleeping = dict[int, Asleep]


class Node:
    """A decision on the path."""

    __slots__ = ("choices", "chosen", "done", "numbers", "sleeping", "todo")

    def __init__(self, decision: Decision, sleeping: Sleeping, numbers: tuple[int, int]) -> None:
        self.choices = decision.choices
        self.chosen = decision.chosen
        self.sleeping = sleeping
        self.numbers = numbers
        """The last ones that objects had before."""
        self.done: Sleeping = {}
        """Threads that have gone on here before."""
        self.todo: set[int] = set()
        """Threads that have to go on here."""

    def put_down(self, initials: Sequence[int]) -> None:
        """Let one of the threads go on here, if none of them has or will anyway.

        Where none of them can, the order cannot be reversed here: something else has to come first,
        which is a race of its own.
        """
        covered = {self.chosen, *self.todo, *self.done, *self.sleeping}
        if covered.isdisjoint(initials):
            able = [each for each in initials if each in self.choices]
            self.todo.update(able[-1:])

    def next(self) -> int | None:
        """Return who has to go on here and has not."""
        return min(self.todo - self.done.keys() - self.sleeping.keys(), default=None)

    def asleep_beside(self) -> Sleeping:
        """Return who sleeps while the chosen thread goes on."""
        return {**self.sleeping, **self.done}


class Learnt(NamedTuple):
    """What an execution was."""

    transitions: list[Transition]
    interleaving: int
    """The same for executions in which what conflicts came in the same order."""


class Path:
    """The path; the last node is where the next execution differs from the last one."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.is_at_end = False
        """Whether everything has been tried."""

    def learn(
        self,
        log: Log,
        noted: Sequence[Noted],
        decisions: Sequence[Decision],
        sleeping: Mapping[int, Sleeping],
    ) -> Learnt:
        """Take note of an execution that has followed the path and gone on beyond it, as far as its
        decisions mattered, and who slept at some of them; go to where the next one has to differ.
        """
        nodes = self.nodes
        first = max(len(nodes) - 1, 0)
        cutter = cut(log, noted, decisions)
        after = _by_decision(cutter.transitions, len(decisions))
        numbers = _numbers(cutter.transitions)
        for decision in decisions[len(nodes) :]:
            number = len(nodes)
            nodes.append(Node(decision, sleeping.get(number, {}), numbers[number]))
        races = Races(cutter, decisions)
        for race in races.found(first):
            nodes[race.decision].put_down(race.initials)
        learnt = Learnt(cutter.transitions, races.interleaving)
        while nodes:
            node = nodes[-1]
            done = after[len(nodes) - 1]
            footprint = done[0].footprint
            is_new = _has_others(footprint, node.numbers)
            node.done[node.chosen] = Asleep(footprint, node.numbers if is_new else None)
            following = node.next()
            if following is not None:
                node.chosen = following
                return learnt
            nodes.pop()
        self.is_at_end = True
        return learnt


def cut(log: Log, noted: Sequence[Noted], decisions: Sequence[Decision]) -> Cutter:
    """Cut a whole execution."""
    cutter = Cutter()
    starts = [(0, 0), *((each.log, each.noted) for each in decisions), (len(log), len(noted))]
    for number, (start, end) in enumerate(pairwise(starts), -1):
        if number >= 0:
            cutter.decide(number, decisions[number])
        cutter.go_through(between(log, noted, start, end))
    cutter.end()
    return cutter


def _by_decision(transitions: Iterable[Transition], decisions: int) -> list[list[Transition]]:
    """Return what was done from each decision to the next one: first what was chosen, then what
    came without one.
    """
    found: list[list[Transition]] = [[] for _ in range(decisions)]
    current = None
    for each in transitions:
        current = current if each.decision is None else each.decision
        if current is not None:
            found[current].append(each)
    return found


def _numbers(transitions: Iterable[Transition]) -> list[tuple[int, int]]:
    """Return the last numbers of objects before each decision."""
    found = []
    last = inner = 0
    for each in transitions:
        if each.decision is not None:
            found.append((last, inner))
        numbers = [number for number in each.footprint if type(number) is int]
        last, inner = max(last, *numbers, 0), min(inner, *numbers, 0)
    return found
