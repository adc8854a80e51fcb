"""Takes what an execution comes to, when its workers have ended and what they were given is there.

An outcome costs about as much as a short execution. So none is taken of an interleaving that was
seen before, nor where the workers did not get in each other's way, nor where nothing could be
claimed whatever it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from threading import Thread
from typing import Any

from pytest_concurrency.detect.outcome import Outcome
from pytest_concurrency.detect.outcomes.conflict_graph import meeting
from pytest_concurrency.detect.outcomes.description import Describer, is_state
from pytest_concurrency.detect.outcomes.given import (
    Job,
    addresses_in,
    by_name,
    held_by,
    is_same_call,
    what_runs,
)
from pytest_concurrency.detect.outcomes.serial import Wanted
from pytest_concurrency.detect.outcomes.touched import kept_in_modules
from pytest_concurrency.runtime.scheduler.baton import baton
from pytest_concurrency.runtime.scheduler.identity import alive
from pytest_concurrency.runtime.tasks.protocols import Witness
from pytest_concurrency.runtime.tasks.task import Task
from pytest_concurrency.runtime.trace.event import Log, rows
from pytest_concurrency.runtime.trace.sites import SITES
from pytest_concurrency.runtime.trace.synchronisation import interleaving

Given = tuple[str, Callable[[], object]]
"""A name, and what gives the object as long as it lives."""
End = tuple[Any, BaseException | None]
"""What a worker has returned, or raised."""
_INSERT = "insert"
"""What puts an item in its place."""


class Taking(Witness):
    """What is asked of the execution that comes next, and what it has come to."""

    def __init__(self) -> None:
        self._seen: set[int] | None = None
        self._wanted = Wanted()
        self._heat: bytearray | None = None
        self._is_wanted = self._in_any_case = False
        self._forget()

    def _forget(self) -> None:
        self._results: list[Any] = []
        self._taken: Outcome | None = None
        self._in_the_way: list[Any] = []
        self._threads: list[tuple[Task, list[Given], tuple[int, ...]]] = []
        """Those that the program has started, what they were given, and the same by address."""
        self._watched: list[object] = []
        """Objects that the test has named."""
        self.named: Mapping[str, object] = {}
        """What the test was given, by name."""

    def begin(
        self,
        seen: set[int] | None,
        wanted: Wanted,
        heat: bytearray | None = None,
        *,
        is_wanted: bool = True,
        in_any_case: bool = False,
        otherwise: bool = False,
    ) -> None:
        """Ask for the outcome of the next execution, if it ``is_wanted``: not of those whose
        interleaving, or the order of whose conflicts, is in ``seen``, nor, unless ``in_any_case``,
        where the workers did as if one after another, or nothing is ``wanted``. What that names,
        globals and attributes of classes, is told whoever touches it; ``heat`` says by site where
        workers may meet; ``otherwise``: what it makes lies at other addresses than before.
        """
        self._forget()
        self._wanted, self._heat = wanted, heat
        self._seen, self._in_any_case, self._is_wanted = seen, in_any_case, is_wanted
        self._in_the_way = _some_of_each_size() if otherwise else []

    def taken(self) -> Outcome | None:
        """Return the outcome, if one was asked for, and ask for no more."""
        taken, self._is_wanted = self._taken, False
        self._forget()
        return taken

    def watch(self, obj: object) -> None:
        """Count an object among what the workers were given."""
        if self._is_wanted:
            self._watched.append(obj)

    def take(self, jobs: Sequence[Job], ends: Sequence[End]) -> None:
        """Take the outcome of workers that have ended, if it is worth it."""
        alike = partial(self._do_alike, jobs)
        if self._is_worth_it(alike):
            pairs = [pair for job in jobs for pair in held_by(job)]
            self._taken = self._outcome(pairs, ends, alike=alike())

    def _do_alike(self, jobs: Sequence[Job]) -> bool:
        return not self._results and all(is_same_call(jobs[0], job) for job in jobs)

    def started(self, task: Task, thread: Thread) -> None:
        """Take note of what a thread is given; nothing is kept alive by that."""
        if self._is_wanted:
            job = what_runs(thread)
            found = [(name, alive(obj)) for name, obj in held_by(job) if is_state(obj)]
            self._threads.append((task, found, addresses_in(job)))

    def joined(self) -> None:
        """Take the outcome when the last thread has ended that the program has started: what they
        were given is known as long as the function is there that has made it.
        """
        is_last = self._threads and all(task.done for task, _, _ in self._threads)
        if is_last and self._is_worth_it(self._threads_do_alike):
            kept = [(name, get()) for _, found, _ in self._threads for name, get in found]
            self._taken = self._outcome(kept, (), alike=self._threads_do_alike())

    def _threads_do_alike(self) -> bool:
        return len({same for _, _, same in self._threads}) == 1

    def _is_worth_it(self, alike: Callable[[], bool]) -> bool:
        if not self._is_wanted or baton.account.outcome or baton.aborting:
            return False
        if not self._in_any_case and self._wanted.is_nothing(len(baton.tasks) - 1, alike):
            self._taken, self._is_wanted = None, False
            return False
        log = baton.record.log
        if self._seen is not None:
            signature = interleaving(log, baton.record.noted)
            if signature in self._seen:
                return False
            self._seen.add(signature)
        if self._in_any_case:
            return True
        order, is_cyclic = meeting(log, baton.record.noted, self._heat)
        if self._seen is None or not is_cyclic:
            return is_cyclic
        is_new = order not in self._seen
        self._seen.add(order)
        return is_new

    def _outcome(
        self, pairs: Iterable[tuple[str, object]], ends: Sequence[End], *, alike: bool
    ) -> Outcome | None:
        """Describe it; None if it depends on which threads the workers ran on, and two ran on one,
        as they do in no serial order.
        """
        log, objects = baton.record.log, _objects()
        addresses = [*baton.record.seen, id([]), id(object())]
        describer = Describer(_idents(), addresses, _placed_in(log, objects))
        for value, error in ends:
            path, name = ("results", "*"), f"results[{len(self._results)}]"
            told = {"raised": type(error).__name__} if error is not None else None
            self._results.append(told or describer.describe(value, path, name))
        watched = [(f"watched {n}", obj) for n, obj in enumerate(self._watched, 1)]
        shared = by_name([*self.named.items(), *watched, *pairs])
        state = {n: describer.describe(obj, ("state", n), n) for n, obj in shared.items()}
        names = self._wanted.names
        for name, value in kept_in_modules(log, objects, names, describer.has_met):
            if name in names or not describer.has_met(value):
                state.setdefault(name, describer.describe(value, ("state", name), name))
        if describer.has_met_thread and _share_a_thread():
            return None
        return Outcome(list(self._results), state, alike)


TAKING = Taking()
"""Of this process: one execution goes on at a time."""


def _some_of_each_size() -> list[Any]:
    """Take addresses that would be given next."""
    found: list[Any] = [object() for _ in range(64)]
    found += [float(n) for n in range(64)]
    found += [bytes(16 * size) for size in range(32) for _ in range(32)]
    return found + [[{}] for _ in range(64)]


def _objects() -> dict[int, Any]:
    """Return the objects that the execution has met and that are alive, by number."""
    alive = ((number, reference()) for reference, number in list(baton.record.seen.values()))
    return {number: obj for number, obj in alive if obj is not None}


def _placed_in(log: Log, objects: Mapping[int, Any]) -> set[int]:
    """Return the addresses of the lists into which something was inserted."""
    lists = {r for _, site, r, _, _ in rows(log) if SITES[site].name == _INSERT}
    return {id(obj) for number, obj in objects.items() if number in lists}


def _share_a_thread() -> bool:
    """Whether a worker has run on the thread of one that had ended."""
    idents = [task.ident for task in baton.tasks if task.ident]
    return len(set(idents)) < len(idents)


def _idents() -> set[int]:
    found = set(baton.by_ident) | baton.pool.idents
    return found | {task.native_id for task in baton.tasks if task.native_id}
