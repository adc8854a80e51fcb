"""An independent model of threads, accesses and locks, which lists all their schedules by brute
force.

A program is a list of threads, each a list of operations: ``("read", "x")``, ``("write", "x")``,
``("acquire", "l")``, ``("release", "l")``. It knows nothing of the engine; what it shares with it
is what a schedule is: before each operation that can matter, somebody is chosen who can go on. A
release is no such point, and neither is an access to what nobody else touches, or to what locks
order in every schedule. Whether a thread that has not started yet will find its first lock taken is
only known when it gets there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

Operation = tuple[str, str]
Program = tuple[tuple[Operation, ...], ...]
Interleaving = tuple[tuple[int, int], ...]
"""Thread and index of its operation, one after another."""


class _Thread(NamedTuple):
    position: int = 0
    started: bool = False


class Schedule(NamedTuple):
    """One way in which a program can run."""

    interleaving: Interleaving
    preemptions: int
    deadlock: bool


def contended(program: Program) -> set[str]:
    """The names that two threads use, one of them in another way than by reading."""
    users: dict[str, set[int]] = {}
    changed = set()
    for thread, operations in enumerate(program):
        for kind, name in operations:
            users.setdefault(name, set()).add(thread)
            if kind != "read":
                changed.add(name)
    return {name for name in changed if len(users[name]) > 1}


def schedules(program: Program) -> Iterator[Schedule]:
    """Yield every schedule of ``program`` once."""
    yield from _schedules(program, raced_for(program))


def all_schedules(program: Program) -> Iterator[Schedule]:
    """Yield those that there would be if locks ordered nothing."""
    yield from _schedules(program, contended(program))


def _schedules(program: Program, names: set[str]) -> Iterator[Schedule]:
    threads = tuple(_Thread() for _ in program)
    yield from _Model(program, names).go_on(threads, {}, None, (), 0)


def raced_for(program: Program) -> set[str]:
    """Return the locks that two threads use, and what two threads use in some schedule with no
    chain of locks between that was given back by one and taken by the next.
    """
    names = contended(program)
    found = {name for thread in program for kind, name in thread if kind == "acquire"} & names
    for schedule in all_schedules(program):
        done = [(thread, *program[thread][position]) for thread, position in schedule.interleaving]
        for later, (thread, kind, name) in enumerate(done):
            for earlier in range(later):
                other, other_kind, other_name = done[earlier]
                conflict = {kind, other_kind} in ({"read", "write"}, {"write"})
                is_shared = name == other_name and conflict and thread != other
                if is_shared and not _is_ordered(done, earlier, later):
                    found.add(name)
    return found


def _is_ordered(done: list[tuple[int, str, str]], earlier: int, later: int) -> bool:
    """Whether a chain leads from the one to the other: by definition, step for step."""
    reached = {earlier}
    for index in range(earlier + 1, later + 1):
        thread, kind, name = done[index]
        for before in sorted(reached):
            other, other_kind, other_name = done[before]
            hands_on = (other_kind, kind) == ("release", "acquire") and name == other_name
            if thread == other or hands_on:
                reached.add(index)
    return later in reached


class _Model:
    def __init__(self, program: Program, names: set[str]) -> None:
        self._program = program
        self._names = names

    def go_on(
        self,
        threads: tuple[_Thread, ...],
        locks: dict[str, int],
        running: int | None,
        done: Interleaving,
        preemptions: int,
    ) -> Iterator[Schedule]:
        """Somebody has come to a point or to its end: go on in all possible ways."""
        alive = [t for t, state in enumerate(threads) if state.position < len(self._program[t])]
        able = [t for t in alive if self._is_able(t, threads[t], locks)]
        if not able:
            yield Schedule(done, preemptions, bool(alive))
            return
        for chosen in able:
            is_preemption = running in able and chosen != running
            yield from self._run(threads, dict(locks), chosen, done, preemptions + is_preemption)

    def _is_able(self, thread: int, state: _Thread, locks: dict[str, int]) -> bool:
        kind, name = self._program[thread][state.position]
        return not (state.started and kind == "acquire" and name in locks)

    def _run(
        self,
        threads: tuple[_Thread, ...],
        locks: dict[str, int],
        thread: int,
        done: Interleaving,
        preemptions: int,
    ) -> Iterator[Schedule]:
        """Let ``thread`` make the operation it stands before, and go on to before the next one."""
        position = threads[thread].position
        operations = self._program[thread]
        passed = False
        while position < len(operations):
            kind, name = operations[position]
            if kind == "release":
                del locks[name]
                done = (*done, (thread, position))
            else:
                if name in self._names and passed:
                    break
                if kind == "acquire":
                    if name in locks:
                        break  # a lock that is taken already: it waits
                    locks[name] = thread
                passed = passed or name in self._names
                done = (*done, (thread, position))
            position += 1
        states = list(threads)
        states[thread] = _Thread(position, True)
        yield from self.go_on(tuple(states), locks, thread, done, preemptions)
