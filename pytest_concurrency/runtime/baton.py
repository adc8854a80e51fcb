"""One baton, passed between real threads: whoever holds it runs, everybody else waits.

Each managed thread (a *task*) owns a gate, a lock that is closed while the task must not run.
Passing the baton means opening the other task's gate and waiting at one's own. Decisions are taken
by the holder itself, at its scheduling points, so there is no scheduler thread and a step that
does not switch costs one subtraction.

The scheme is that of controlled concurrency testing (Burckhardt et al., "A Randomized Scheduler
with Probabilistic Guarantees of Finding Bugs", ASPLOS 2010), with one difference: a strategy does
not have to be asked at every point. It *grants* a number of points to the chosen task and is asked
again when they are used up or the set of runnable tasks changes.
"""

from __future__ import annotations

import sys
from _thread import LockType, allocate_lock, get_ident
from bisect import insort
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from heapq import heappop, heappush
from operator import attrgetter
from time import perf_counter as real_time
from typing import Any

from pytest_concurrency.runtime.pool import Worker, WorkerPool
from pytest_concurrency.runtime.task import FREE, NOBODY, Abort, Group, Strategy, Task

_by_index = attrgetter("index")


class Baton:
    """The state of the execution that is going on; one per process, reused from execution to
    execution.
    """

    __slots__ = (
        "aborting",
        "amplifier",
        "budget",
        "by_ident",
        "clock",
        "current",
        "enabled",
        "files",
        "granted",
        "idle",
        "limit",
        "log",
        "mutex",
        "observer",
        "outcome",
        "owners",
        "pool",
        "preemptions",
        "previous_total",
        "seen",
        "serials",
        "snapshot",
        "started",
        "states",
        "strategy",
        "switches",
        "tasks",
        "timers",
        "total",
        "waiters",
    )

    def __init__(self) -> None:
        self.current: Task | None = None
        """The holder; None while no execution is going on."""
        self.pool = WorkerPool()
        self.mutex = allocate_lock()
        """Guards what threads touch without holding the baton: coming back from outside, the
        watchdog.
        """
        self.amplifier: Callable[[], None] | None = None
        """Called at every scheduling point while no execution is going on (free-running,
        amplified).
        """
        self.observer: Callable[..., None] | None = None
        self.snapshot: Callable[[Baton], Any] | None = None
        """Describes where every task stands; called once, when an execution is given up."""
        self._reset()

    def _reset(self) -> None:
        self.tasks: list[Task] = []
        self.enabled: list[Task] = []
        self.timers: list[list[Any]] = []
        self.waiters: dict[int, list[Task]] = {}
        self.owners: dict[int, tuple[object, Task]] = {}
        self.by_ident: dict[int, Task] = {}
        self.switches: list[tuple[int, int, int]] = []
        self.log: list[tuple[Any, ...]] = []
        self.seen: dict[int, tuple[Callable[[], object], int]] = {}
        self.serials = 0
        self.files: dict[str, int] = {}
        self.budget = self.granted = 0
        self.previous_total: int = getattr(self, "total", 0)
        """Scheduling points of the execution before this one."""
        self.total = self.preemptions = 0
        self.clock = 0.0
        self.aborting = False
        self.idle = False
        self.outcome = ""
        self.states: Any = None
        self.started = 0.0

    # -- one execution, from the thread that becomes task 0 ---------------------------

    def begin(self, strategy: Strategy, *, limit: int) -> Task:
        """Start an execution: the calling thread becomes task 0 and holds the baton."""
        self._reset()
        self.strategy = strategy
        self.limit = limit
        gate = allocate_lock()
        gate.acquire()
        task = Task(0, "main", gate, None)
        task.ident = get_ident()
        self.tasks.append(task)
        self.enabled.append(task)
        self.by_ident[task.ident] = task
        self.started = real_time()
        strategy.begin(self)
        self.current = task
        return task

    def run_together(self, jobs: Sequence[Callable[[], Any]]) -> list[Task]:
        """Run ``jobs`` at once, each a task on a pooled thread, and wait until all have ended."""
        caller = self.current
        assert caller is not None
        group = Group(len(jobs))
        tasks = [self._spawn(job, f"thread {n}", group) for n, job in enumerate(jobs, 1)]
        if tasks:
            self.block(caller, group, id(group))
        return tasks

    @contextmanager
    def unmanaged(self) -> Iterator[None]:
        """Let the holder act as if there were no scheduler, for hand-shakes with real threads."""
        current = self.current
        self.current = NOBODY
        try:
            yield
        finally:
            self.current = current

    def _spawn(self, run: Callable[[], Any], name: str, group: Group) -> Task:
        worker = self.pool.take()
        if worker is None:
            with self.unmanaged():
                worker = Worker()
        task = self._add(name, worker.gate, run)
        task.group = group
        task.ident = worker.ident
        self.by_ident[worker.ident] = task
        worker.job = lambda: self._work(task, worker)
        return task

    def adopt(self, name: str) -> Task:
        """Add a task for a thread that is about to start and will call ``enter`` first thing."""
        gate = allocate_lock()
        gate.acquire()
        return self._add(name, gate, None)

    def _add(self, name: str, gate: LockType, run: Callable[[], Any] | None) -> Task:
        task = Task(len(self.tasks), name, gate, run)
        self.tasks.append(task)
        self.enabled.append(task)  # the highest index so far: the list stays sorted
        self._reconsider()
        return task

    def enter(self, task: Task) -> None:
        """Wait, on the new thread of an adopted task, for the baton to come round the
        first time.
        """
        task.ident = get_ident()
        self.by_ident[task.ident] = task
        task.gate.acquire()
        if self.aborting:
            raise Abort

    def _work(self, task: Task, worker: Worker) -> None:
        try:
            if not self.aborting:
                assert task.run is not None
                task.result = task.run()
        except Abort:
            pass
        except BaseException as error:
            task.error = error
        worker.job = None
        self.pool.give_back(worker)
        self.finish(task)

    def end(self) -> None:
        """End the execution: unwind what is left, one thread at a time, and let go of
        everything.
        """
        main = self.tasks[0]
        self._settle(main)
        self.aborting = True
        for task in self.tasks[1:]:
            if task.done or task.outside:
                continue
            self.current = task
            task.gate.release()
            # A thread that swallows Abort is abandoned: it is a daemon, and unmanaged from here on.
            main.gate.acquire(True, 1.0)
        self.current = None

    def abandoned(self) -> list[Task]:
        """Tasks of the last execution whose threads could not be unwound."""
        return [task for task in self.tasks[1:] if not task.done]

    # -- scheduling points ------------------------------------------------------------

    def holder(self) -> Task | None:
        """Return the calling thread's task if it is managed (waiting for the baton if need be),
        else None.
        """
        current = self.current
        if current is None:
            return None
        ident = get_ident()
        if current.ident == ident:
            return current
        return self._come_back(ident)

    def consult(self) -> None:
        """Ask the strategy who goes on; called by the holder when its grant is used up."""
        task = self.current
        assert task is not None
        self._settle(task)
        if self.aborting:
            raise Abort
        if self.total >= self.limit:
            self.give_up("step-limit")
        enabled = self.enabled
        if len(enabled) > 1:
            chosen = self.strategy.choose(enabled, task)
            if chosen is not task:
                self.switches.append((task.index, task.steps, chosen.index))
                self.preemptions += 1
                self._pass_to(chosen)
                task.gate.acquire()
                if self.aborting:
                    raise Abort
                return
        self._grant(task)

    def _settle(self, task: Task) -> None:
        used = self.granted - self.budget
        task.steps += used
        self.total += used
        self.granted = self.budget = 0

    def _grant(self, task: Task) -> None:
        enabled = self.enabled
        points = self.strategy.grant(task, enabled) if len(enabled) > 1 else FREE
        left = self.limit - self.total
        self.granted = self.budget = points if points < left else left

    def _reconsider(self) -> None:
        """Make the holder ask again at its next point: the set of runnable tasks has changed."""
        current = self.current
        if current is not None:
            self._settle(current)
            self.strategy.changed()

    def _pass_to(self, task: Task) -> None:
        self.current = task
        self._grant(task)
        task.gate.release()

    # -- waiting ----------------------------------------------------------------------

    def block(self, task: Task, reason: object, key: int, timeout: float | None = None) -> bool:
        """Wait until ``wake(key)``; return False if ``timeout`` (virtual seconds) ran out first.

        ``key`` identifies what is waited for (the id of an object that ``reason`` keeps alive).
        """
        self._settle(task)
        task.steps += 1
        self.total += 1
        if self.aborting:
            raise Abort
        if self.total >= self.limit:
            self.give_up("step-limit")
        task.blocked_on = reason
        task.woken = False
        self.enabled.remove(task)
        self.waiters.setdefault(key, []).append(task)
        if timeout is not None:
            task.timer = [self.clock + max(timeout, 0.0), len(self.switches) + self.total, task]
            heappush(self.timers, task.timer)
        chosen = self._next(task)
        if chosen is task:
            self._grant(task)
        else:
            if chosen is not None:
                self._pass_to(chosen)
            task.gate.acquire()
        task.blocked_on = None
        if self.aborting:
            raise Abort
        if task.woken:
            return True
        self.waiters[key].remove(task)
        return False

    def wake(self, key: int) -> None:
        """Make every task that waits for ``key`` runnable."""
        for task in self.waiters.pop(key, ()):
            self._wake(task)

    def _wake(self, task: Task) -> None:
        task.woken = True
        if task.timer is not None:
            task.timer[2] = None
            task.timer = None
        insort(self.enabled, task, key=_by_index)
        self._reconsider()

    def _next(self, leaving: Task) -> Task | None:
        """Choose who runs when ``leaving`` cannot; None: somebody outside will take the baton."""
        enabled = self.enabled
        while not enabled:
            if self.timers:
                self._fire_timer()
            elif self._left_to_outside():
                return None
            elif not enabled:
                self.give_up("deadlock", leaving)
                return self.tasks[0]
        if len(enabled) == 1:
            return enabled[0]
        chosen = self.strategy.choose(enabled, leaving)
        if chosen is not enabled[0]:
            self.switches.append((leaving.index, leaving.steps, chosen.index))
        return chosen

    def _fire_timer(self) -> None:
        when, _, task = heappop(self.timers)
        if task is not None:
            task.timer = None
            self.clock = max(self.clock, when)
            insort(self.enabled, task, key=_by_index)

    def _left_to_outside(self) -> bool:
        with self.mutex:
            if self.enabled or not any(task.outside for task in self.tasks):
                return False
            self.idle = True
            self.current = NOBODY
            return True

    def finish(self, task: Task) -> None:
        """Give up the baton for good: the task's thread has nothing left to do."""
        if task.outside and not self.aborting:
            with suppress(Abort):
                self._come_back(task.ident)
        task.done = True
        if self.aborting:
            if self.current is task:
                self.tasks[0].gate.release()
            return
        self._settle(task)
        task.steps += 1
        self.enabled.remove(task)
        self.wake(id(task))
        if task.group is not None:
            task.group.left -= 1
            if not task.group.left:
                self.wake(id(task.group))
        chosen = self._next(task)
        if chosen is not None:
            self._pass_to(chosen)

    # -- giving up --------------------------------------------------------------------

    def give_up(self, outcome: str, leaving: Task | None = None) -> None:
        """End the execution early; the caller holds the baton.

        Raises Abort in the calling thread, unless that thread is just finishing (then the caller
        passes the baton to task 0, which will be unwound when it takes it).
        """
        self.outcome = outcome
        if self.snapshot is not None:
            self.states = self.snapshot(self)
        self.aborting = True
        task = self.current
        main = self.tasks[0]
        if task is main:
            raise Abort
        if leaving is not None and leaving.done:
            return
        assert task is not None
        self.current = main
        main.gate.release()
        task.gate.acquire()
        raise Abort

    # -- threads outside our sight ----------------------------------------------------

    def take_away(self, task: Task) -> None:
        """Pass the baton on for a holder that is blocked where we cannot see it; called by the
        watchdog.
        """
        with self.mutex:
            if self.current is not task or self.aborting:
                return
            task.outside = True
            self._settle(task)
            self.enabled.remove(task)
            if not self.enabled and self.timers:
                self._fire_timer()
            if self.enabled:
                self._pass_to(self.enabled[0])
            else:
                self.idle = True
                self.current = NOBODY

    def _come_back(self, ident: int) -> Task | None:
        task = self.by_ident.get(ident)
        if task is None or task.done or not task.outside:
            return None
        with self.mutex:
            task.outside = False
            insort(self.enabled, task, key=_by_index)
            if self.idle:
                self.idle = False
                self.current = task
                self._grant(task)
                return task
        task.gate.acquire()
        if self.aborting:
            raise Abort
        return task


baton = Baton()


def frames_of(tasks: list[Task]) -> dict[int, Any]:
    """Map task index to the task's innermost frame."""
    frames = sys._current_frames()
    return {task.index: frames[task.ident] for task in tasks if task.ident in frames}
